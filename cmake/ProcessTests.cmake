# netaio_process_tests(<label> TIMEOUT <s> HOSTS <name> ENVIRONMENT <variable>...)
#
# A ctest entry, <label>.<name>, for each <name>_test.py of this folder, which plays scenarios with
# programs; and on Linux netns.<HOSTS> for hosts.py, which does so in network namespaces.
function(netaio_process_tests label)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;HOSTS" "ENVIRONMENT")
    find_package(Python3 3.11 COMPONENTS Interpreter)
    if(NOT Python3_FOUND)
        message(STATUS "No Python 3.11: leaving out the tests of ${label} with processes")
        return()
    endif()
    set(tests "")
    netaio_sources(scripts *_test.py)
    foreach(script IN LISTS scripts)
        cmake_path(GET script STEM name)
        string(REGEX REPLACE "_test$" "" name "${name}")
        add_test(NAME ${label}.${name} COMMAND "${Python3_EXECUTABLE}" "${script}")
        set_tests_properties(${label}.${name} PROPERTIES LABELS ${label})
        list(APPEND tests ${label}.${name})
    endforeach()
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
        add_test(NAME netns.${arg_HOSTS}
            COMMAND "${Python3_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/hosts.py")
        set_tests_properties(netns.${arg_HOSTS} PROPERTIES LABELS netns RUN_SERIAL ON)
        list(APPEND tests netns.${arg_HOSTS})
    endif()
    set_tests_properties(${tests} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;${arg_ENVIRONMENT}")
endfunction()
