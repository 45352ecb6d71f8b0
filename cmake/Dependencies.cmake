# Everything mosaic builds with. scripts/setup puts it below .deps/; the system's own packages do as well.
set(MOSAIC_DEPS "${PROJECT_SOURCE_DIR}/.deps" CACHE PATH "Where scripts/setup put the dependencies")
set(MOSAIC_SYSROOT "${MOSAIC_DEPS}/sysroot" CACHE PATH "The root below which the libraries lie")
set(MOSAIC_ENGINE_FOLDER "${MOSAIC_DEPS}/engine" CACHE PATH "Folder of libonnxruntime.so.1 that the built tools load")
set(MOSAIC_VULKAN_FOLDER "${MOSAIC_DEPS}/vulkan" CACHE PATH "Folder of a Vulkan driver that runs on the CPU, for tests")
list(PREPEND CMAKE_PREFIX_PATH "${MOSAIC_SYSROOT}/usr")
list(PREPEND CMAKE_LIBRARY_PATH "${MOSAIC_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")

find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 2 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # headers alone: Beast and Asio

# {fmt}, compiled once (fmt.cc) into mosaic's library: header-only, every file that formats takes half as long again to compile.
add_library(mosaic_fmt INTERFACE)
add_library(mosaic::fmt ALIAS mosaic_fmt)
get_target_property(fmt_include fmt::fmt-header-only INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(mosaic_fmt SYSTEM INTERFACE ${fmt_include})
add_library(mosaic_fmt_once OBJECT ${CMAKE_CURRENT_LIST_DIR}/fmt.cc)
target_link_libraries(mosaic_fmt_once PRIVATE mosaic::fmt)

# Static libraries without CMake packages of their own: everything is linked in, so that the tool is one file beside the engine.
function(mosaic_static_library target archive header)
  find_library(${target}_ARCHIVE NAMES lib${archive}.a REQUIRED)
  find_path(${target}_INCLUDE ${header} REQUIRED)
  add_library(mosaic::${target} STATIC IMPORTED GLOBAL)
  set_target_properties(mosaic::${target} PROPERTIES IMPORTED_LOCATION "${${target}_ARCHIVE}")
  target_include_directories(mosaic::${target} SYSTEM INTERFACE "${${target}_INCLUDE}")
  set(MOSAIC_ARCHIVES ${MOSAIC_ARCHIVES} "${${target}_ARCHIVE}" PARENT_SCOPE)
endfunction()
set(MOSAIC_ARCHIVES)
mosaic_static_library(yaml yaml yaml.h)
mosaic_static_library(xxhash xxhash xxhash.h)
mosaic_static_library(hwloc hwloc hwloc.h)
find_path(hwloc_config hwloc/autogen/config.h PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE} REQUIRED)
target_include_directories(mosaic::hwloc SYSTEM INTERFACE ${hwloc_config})
find_library(MOSAIC_UDEV NAMES libudev.so.1 REQUIRED)  # what the static hwloc asks about devices; a part of every Debian
target_link_libraries(mosaic::hwloc INTERFACE ${MOSAIC_UDEV})
mosaic_static_library(protobuf protobuf-lite google/protobuf/message_lite.h)
mosaic_static_library(jpeg turbojpeg turbojpeg.h)
mosaic_static_library(png png16 png.h)
mosaic_static_library(zlib z zlib.h)
mosaic_static_library(stb stb stb/stb_image_resize.h)

# The schema's compiler runs on the building machine, whatever is built for.
find_program(MOSAIC_PROTOC protoc HINTS "${MOSAIC_DEPS}/sysroot/usr/bin" REQUIRED)
file(GLOB MOSAIC_PROTOC_LIBRARIES "${MOSAIC_DEPS}/sysroot/usr/lib/*-linux-gnu")
find_path(MOSAIC_ORT_INCLUDE onnxruntime_cxx_api.h PATH_SUFFIXES onnxruntime REQUIRED)

if(MOSAIC_TESTS)
  find_package(GTest REQUIRED)
endif()
if(MOSAIC_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
