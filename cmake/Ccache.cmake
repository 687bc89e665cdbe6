# Uses ccache when it is installed and nothing else was asked for. The sloppiness is what ccache
# needs to cache compilations that use a precompiled header. Paths count from the tree's root, so that
# presets that compile something in the same way share it, and copies of the tree do.
find_program(NETAIO_CCACHE ccache)
mark_as_advanced(NETAIO_CCACHE)
if(PROJECT_IS_TOP_LEVEL AND NETAIO_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env
        "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
        "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
        "${NETAIO_CCACHE}")
endif()
