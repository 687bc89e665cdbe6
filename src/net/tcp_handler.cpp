#include "tcp_handler.hpp"

#include "core/deferred.hpp"
#include "core/stream.hpp"

namespace netaio::net {

std::optional<OwnedMessage> KeptTcpHandler::call(const Message& message,
                                                 core::Source& source) const {
    auto& connection = static_cast<core::Stream&>(source);
    if (defers()) {
        core::call_deferring(source.defer(), [&](Answer answer) {
            handler_.deferring(message, connection, std::move(answer));
        });
        return std::nullopt;
    }
    return handler_.plain(message, connection);
}

}  // namespace netaio::net
