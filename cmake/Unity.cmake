# The files of a room can be compiled in one piece: headers are then read once for a room instead of once for a file, and that is most of the time that
# compiling takes. Builds that are made once and not worked in (presets asan, tsan, fuzz, arm64, lint) do so with all files, release with commands and
# tests: it is the one that finds an include that is missing in the library. The preset debug compiles every file by itself.
#
# A room's names must then differ from each other, but not from those of other rooms. `which` says whose these are: CALLERS, or ALL for the library.
function(mosaic_compile_by_room target which)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cc$")
  foreach(source ${sources})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} "${source}")
    string(REGEX REPLACE "^(src/mosaic|src|tests)/([a-z_]+)/.*" "\\2" room "${path}")
    set_property(SOURCE ${source} TARGET_DIRECTORY ${target} PROPERTY UNITY_GROUP ${room})
  endforeach()
  if(MOSAIC_UNITY STREQUAL "ALL" OR MOSAIC_UNITY STREQUAL which)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)  # it takes all but the first file for headers
  endif()
endfunction()
