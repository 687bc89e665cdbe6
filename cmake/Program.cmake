# netaio_program(<target> <name> SOURCES <source>... LIBRARIES <library>...): a program that is
# installed by that name.
function(netaio_program target name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LIBRARIES")
    add_executable(${target} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
    target_compile_definitions(${target} PRIVATE NETAIO_VERSION="${PROJECT_VERSION}")
    target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} netaio_compile)
    if(NETAIO_INSTALL)
        if(BUILD_SHARED_LIBS)
            set_target_properties(${target} PROPERTIES
                INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
        endif()
        install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
    endif()
endfunction()
