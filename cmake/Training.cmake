# The optional component that trains: libtorch, of the system or where 'scripts/setup training' has put it. Sets MOSAIC_TORCH_FOUND and the target
# mosaic::torch. By its files and not by its CMake package, which names places of an installed system.
set(MOSAIC_TRAINING_ROOT "${MOSAIC_DEPS}/training" CACHE PATH "Where 'scripts/setup training' has unpacked libtorch")
set(MOSAIC_TORCH_FOUND OFF)
if(CMAKE_CROSSCOMPILING OR MOSAIC_SANITIZE OR MOSAIC_FUZZERS OR NOT PROJECT_IS_TOP_LEVEL)
  return()  # libtorch is not sanitised, and neither is what it calls
endif()
find_path(MOSAIC_TORCH_INCLUDE ATen/ATen.h HINTS "${MOSAIC_TRAINING_ROOT}/usr/include")
foreach(library torch torch_cpu c10)
  find_library(MOSAIC_${library} ${library} HINTS "${MOSAIC_TRAINING_ROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
  list(APPEND torch_libraries ${MOSAIC_${library}})
endforeach()
if(NOT MOSAIC_TORCH_INCLUDE OR NOT MOSAIC_torch OR NOT MOSAIC_torch_cpu OR NOT MOSAIC_c10)
  message(STATUS "libtorch is not there: 'mosaic train' and the gradient search are left out ('make training' fetches it)")
  return()
endif()
set(MOSAIC_TORCH_FOUND ON)
cmake_path(GET MOSAIC_torch_cpu PARENT_PATH torch_folder)
cmake_path(GET torch_folder PARENT_PATH torch_parent)  # a few lie there
add_library(mosaic_torch INTERFACE)
add_library(mosaic::torch ALIAS mosaic_torch)
target_include_directories(mosaic_torch SYSTEM INTERFACE ${MOSAIC_TORCH_INCLUDE})
# Its libraries find each other by the program's RPATH (a RUNPATH would serve the program's own needs alone).
target_link_libraries(mosaic_torch INTERFACE ${torch_libraries})
target_link_options(mosaic_torch INTERFACE LINKER:--disable-new-dtags LINKER:-rpath-link,${torch_folder} LINKER:-rpath,${torch_folder}:${torch_parent} LINKER:--allow-shlib-undefined)
