# Builds that are made once and not worked in (presets asan, tsan, fuzz, arm64, lint) compile the files of a room in one piece: headers are then read
# once for a room instead of once for a file, and that is most of the time that compiling takes.
if(MOSAIC_UNITY)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)  # it takes all but the first file for headers
endif()

# A room's names must then differ from each other, but not from those of other rooms.
function(mosaic_compile_by_room target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cc$")
  foreach(source ${sources})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} "${source}")
    string(REGEX REPLACE "^(src/mosaic|src|tests)/([a-z_]+)/.*" "\\2" room "${path}")
    set_property(SOURCE ${source} TARGET_DIRECTORY ${target} PROPERTY UNITY_GROUP ${room})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${MOSAIC_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()
