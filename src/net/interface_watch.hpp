#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

namespace netaio::net {

/// Calls back when interfaces or their addresses may have changed. One folder beside this file for
/// each way to know: linux/ asks the kernel to tell, portable/ says so every few seconds.
class InterfaceWatch {
public:
    InterfaceWatch(const boost::asio::any_io_executor& executor, std::function<void()> changed);
    ~InterfaceWatch();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace netaio::net
