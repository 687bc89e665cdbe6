# The components: `tools` is the programs and their manuals, `development` what other programs build
# and link against, and `library` a shared library, which both then need.
include(CMakePackageConfigHelpers)

install(TARGETS netaio netaio_tapescript EXPORT netaio_targets
    ARCHIVE COMPONENT development
    LIBRARY COMPONENT library NAMELINK_COMPONENT development
    RUNTIME COMPONENT library)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/netaio"
    "${PROJECT_SOURCE_DIR}/tapescript/include/netaio"
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development
    FILES_MATCHING PATTERN "*.hpp")
if(EXISTS "${PROJECT_SOURCE_DIR}/docs/man")
    foreach(section IN ITEMS 1 3 7)
        file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/*.${section}")
        if(pages)
            set(component development)
            if(section EQUAL 1)
                set(component tools)
            endif()
            install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
                COMPONENT ${component})
        endif()
    endforeach()
endif()

file(GLOB examples CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/examples/*")
install(FILES ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT tools)

file(GLOB dissector CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tools/wireshark/*.lua")
install(FILES ${dissector} DESTINATION ${CMAKE_INSTALL_DATADIR}/netaio/wireshark COMPONENT tools)

# CMake: find_package(netaio)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/netaio")
install(EXPORT netaio_targets
    FILE netaioTargets.cmake
    NAMESPACE netaio::
    DESTINATION ${package_dir}
    COMPONENT development)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/netaioConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/netaioConfig.cmake"
    INSTALL_DESTINATION ${package_dir}
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/netaioConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/netaioConfig.cmake"
    "${PROJECT_BINARY_DIR}/netaioConfigVersion.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findisal.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findlibdeflate.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findlibsodium.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findliburing.cmake"
    DESTINATION ${package_dir}
    COMPONENT development)

# pkg-config: netaio
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
    BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE pc_includedir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR
    BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE pc_libdir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE pc_prefix)
if(NOT NETAIO_PORTABLE)
    set(pc_platform_requires ", liburing")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/netaio.pc.in" "${PROJECT_BINARY_DIR}/netaio.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/netaio.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT development)
