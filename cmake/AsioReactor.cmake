# Whether Asio's private parts are as src/net/linux needs them; elsewhere plain Asio does.
if(NETAIO_PORTABLE)
    return()
endif()
if(NOT DEFINED NETAIO_ASIO_REACTOR_FITS)
    find_package(Boost 1.81 REQUIRED)
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
    try_compile(NETAIO_ASIO_REACTOR_FITS
        SOURCES "${PROJECT_SOURCE_DIR}/cmake/asio_reactor.cpp"
        COMPILE_DEFINITIONS -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_ASIO_NO_DEPRECATED
        LINK_LIBRARIES Boost::headers
        CXX_STANDARD 20
        CXX_STANDARD_REQUIRED ON)
    unset(CMAKE_TRY_COMPILE_TARGET_TYPE)
endif()
if(NOT NETAIO_ASIO_REACTOR_FITS)
    message(STATUS "netaio: the reactor of this Boost's Asio is not one that io_uring can be put \
under, so plain Asio is used, as with NETAIO_PORTABLE=ON")
    set(NETAIO_PORTABLE ON)
endif()
