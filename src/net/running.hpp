#pragma once

#include <boost/asio/any_io_executor.hpp>

namespace netaio::net {

/// That of the netaio::run() within which the calling thread is; none elsewhere.
boost::asio::any_io_executor running_executor();

}  // namespace netaio::net
