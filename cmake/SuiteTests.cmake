# netaio_suite_tests(<target> PREFIX <p> SOURCES <glob>... [EXCLUDE <regex>] [LABELS <l>...]
#     [LIBRARIES <lib>...] [OPTIMISED])
#
# One GoogleTest program from the sources found, and one ctest entry, <p>.<suite>, for each test
# suite in it. The suites are asked for after each build; one process for each single test would
# make ctest slow for nothing. Their own code is compiled without optimisation, the library as ever,
# unless they say OPTIMISED, as those do that compute much themselves. What is labelled `concurrent` also runs under ThreadSanitizer.
add_custom_target(concurrent_tests)

function(netaio_suite_tests target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "OPTIMISED" "PREFIX;EXCLUDE" "SOURCES;LABELS;LIBRARIES")
    netaio_sources(sources ${arg_SOURCES})
    if(arg_EXCLUDE)
        list(FILTER sources EXCLUDE REGEX "${arg_EXCLUDE}")
    endif()
    if(NOT sources)
        return()
    endif()
    add_executable(${target} ${sources})
    target_include_directories(${target} PRIVATE
        ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE
        netaio::netaio GTest::gtest GTest::gtest_main netaio_compile)
    foreach(library IN LISTS arg_LIBRARIES)
        if(TARGET ${library})
            target_link_libraries(${target} PRIVATE ${library})
        endif()
    endforeach()
    if(arg_OPTIMISED)
        netaio_use_pch(${target})
    else()
        netaio_compile_quickly(${target})
    endif()
    if("concurrent" IN_LIST arg_LABELS)
        add_dependencies(concurrent_tests ${target})
    endif()

    set(list_file "${CMAKE_CURRENT_BINARY_DIR}/${target}_tests.cmake")
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND "${CMAKE_COMMAND}"
            "-DPROGRAM=$<TARGET_FILE:${target}>" "-DPREFIX=${arg_PREFIX}"
            "-DLABELS=${arg_LABELS}" "-DLIST_FILE=${list_file}"
            -P "${PROJECT_SOURCE_DIR}/cmake/ListSuites.cmake"
        BYPRODUCTS "${list_file}"
        VERBATIM)
    # Not built is a failing test, not a missing one.
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake"
        "if(EXISTS \"${list_file}\")\n  include(\"${list_file}\")\n"
        "else()\n  add_test(${arg_PREFIX}_not_built ${target}_not_built)\n"
        "  set_tests_properties(${arg_PREFIX}_not_built PROPERTIES LABELS \"${arg_LABELS}\")\n"
        "endif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES
        "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")
endfunction()
