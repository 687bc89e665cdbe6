# How this project compiles its own code. Nothing here reaches a program that uses the library,
# except the sanitizers' link options, without which it would not link.

add_library(netaio_compile INTERFACE)

if(NETAIO_WARNINGS)
    target_compile_options(netaio_compile INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # These follow values through optimised code, where g++ 12 is wrong about the standard
        # library's own headers; the sanitizers see what they would.
        foreach(warning IN ITEMS maybe-uninitialized restrict stringop-overflow stringop-overread
                array-bounds dangling-pointer mismatched-new-delete)
            target_compile_options(netaio_compile INTERFACE -Wno-${warning})
        endforeach()
        if(CMAKE_UNITY_BUILD)
            # There a source is an included file, whose unnamed namespaces g++ distrusts.
            target_compile_options(netaio_compile INTERFACE -Wno-subobject-linkage)
        endif()
    endif()
endif()

# Each function in a section of its own, so that what a program does not use stays out of it.
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,--gc-sections NETAIO_LINKER_DROPS_SECTIONS)
if(NETAIO_LINKER_DROPS_SECTIONS)
    target_compile_options(netaio_compile INTERFACE -ffunction-sections -fdata-sections)
endif()

if(NETAIO_SANITIZE)
    list(JOIN NETAIO_SANITIZE "," sanitizers)
    set(netaio_sanitize_options -fsanitize=${sanitizers} -fno-omit-frame-pointer)
    if("undefined" IN_LIST NETAIO_SANITIZE)
        list(APPEND netaio_sanitize_options -fno-sanitize-recover=all)
    endif()
    if("thread" IN_LIST NETAIO_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio's fences: g++ warns that it does not follow them.
        list(APPEND netaio_sanitize_options -Wno-tsan)
    endif()
    add_compile_options(${netaio_sanitize_options})
    add_link_options(${netaio_sanitize_options})
endif()

# The library itself. Sanitizers make compilers slow: where nothing else is optimised, it still is,
# and only it is made for fuzzers. That takes a third less time.
add_library(netaio_compile_library INTERFACE)
target_link_libraries(netaio_compile_library INTERFACE netaio_compile)
if(NETAIO_SANITIZE)
    target_compile_options(netaio_compile_library INTERFACE $<$<CONFIG:Debug>:-O1>)
endif()
if(NETAIO_BUILD_FUZZ)
    target_compile_options(netaio_compile_library INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Makes a target that uses the library use its precompiled Asio headers.
function(netaio_use_pch target)
    if(NETAIO_PCH AND NOT BUILD_SHARED_LIBS)
        target_precompile_headers(${target} REUSE_FROM netaio_pch)
    endif()
endfunction()

# netaio_sources(<out-var> <glob>...): the sources below this folder, seen anew at each build.
function(netaio_sources out)
    file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
    list(SORT sources)
    set(${out} ${sources} PARENT_SCOPE)
endfunction()
