# bin/mosaic; lib/libmosaic.a; lib/mosaic: the engine and the archives that the library needs; headers; boards; the CMake package.
include(CMakePackageConfigHelpers)
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

# A build is laid out as an installation, so that its programs find engine and boards by the same rule.
foreach(folder lib/mosaic share/mosaic)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
endforeach()
file(CREATE_LINK ${MOSAIC_ENGINE_FOLDER}/libonnxruntime.so.1 ${PROJECT_BINARY_DIR}/lib/mosaic/libonnxruntime.so.1 SYMBOLIC)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/boards ${PROJECT_BINARY_DIR}/share/mosaic/boards SYMBOLIC)

install(TARGETS mosaic EXPORT mosaicTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS mosaic_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET mosaic_training_cli AND NOT MOSAIC_torch MATCHES "^${MOSAIC_DEPS}/")  # a libtorch of the system, which stays where it is
  install(TARGETS mosaic_training_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES ${MOSAIC_ARCHIVES} ${MOSAIC_ENGINE_FOLDER}/libonnxruntime.so.1 DESTINATION ${CMAKE_INSTALL_LIBDIR}/mosaic)
install(DIRECTORY boards DESTINATION ${CMAKE_INSTALL_DATADIR}/mosaic)
install(FILES LICENSE THIRD_PARTY.md README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/check_structure --public-headers OUTPUT_VARIABLE headers OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS scripts/check_structure)
foreach(header ${headers})
  cmake_path(GET header PARENT_PATH folder)
  install(FILES src/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/mosaic)
set(MOSAIC_ARCHIVE_NAMES)
foreach(archive ${MOSAIC_ARCHIVES})
  cmake_path(GET archive FILENAME name)
  list(APPEND MOSAIC_ARCHIVE_NAMES ${name})
endforeach()
list(JOIN MOSAIC_ARCHIVE_NAMES " " MOSAIC_ARCHIVE_NAMES)
configure_package_config_file(cmake/mosaicConfig.cmake.in mosaicConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(mosaicConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT mosaicTargets NAMESPACE mosaic:: DESTINATION ${package})
install(FILES ${PROJECT_BINARY_DIR}/mosaicConfig.cmake ${PROJECT_BINARY_DIR}/mosaicConfigVersion.cmake cmake/installation.cc DESTINATION ${package})
