# Writes LIST_FILE, which gives ctest one entry for each test suite of the GoogleTest PROGRAM.
execute_process(COMMAND "${PROGRAM}" --gtest_list_tests
    OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" "," listing "${listing}")
string(REPLACE "\n" ";" lines "${listing}")
set(script "")
foreach(line IN LISTS lines)
    if(line MATCHES "^([A-Za-z0-9_/]+)\\.")
        set(suite "${CMAKE_MATCH_1}")
        string(APPEND script
            "add_test([==[${PREFIX}.${suite}]==] [==[${PROGRAM}]==]"
            " [==[--gtest_filter=${suite}.*]==] --gtest_brief=1)\n"
            "set_tests_properties([==[${PREFIX}.${suite}]==] PROPERTIES TIMEOUT 300"
            " LABELS [==[${LABELS}]==])\n")
    endif()
endforeach()
file(WRITE "${LIST_FILE}" "${script}")
