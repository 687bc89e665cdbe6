#include "stream_request.hpp"

namespace netaio::net {

void request_on(const std::shared_ptr<core::Stream>& stream, StreamRequest request,
                core::RequestTable::Completion complete) {
    core::Hub& hub = stream->hub();
    const core::Question asked{request.message.type(), request.answer};
    const auto id = stream->requests()->add(request.message.uri(), asked, request.inner,
                                            hub.now() + request.timeout, std::move(complete));
    try {
        if (request.cancel.is_connected()) {
            request.cancel.assign(
                [weak = stream->weak_from_this(), given = *id](boost::asio::cancellation_type) {
                    if (const auto open = weak.lock()) {
                        if (auto completion = open->requests()->give_up(given)) {
                            completion(Errc::cancelled, nullptr);
                        }
                    }
                });
        }
        if (const auto error = stream->append(std::move(request.message), request.inner,
                                              *hub.dispatcher().outer(*stream),
                                              core::RequestTable::on_wire(*id))) {
            if (auto completion = stream->requests()->forget(*id)) {
                completion(error, nullptr);
            }
        } else if (stream->open()) {
            stream->serve([&] { stream->watch_deadlines(); });
        }
    } catch (...) {
        // Whoever asked learns of it from the call.
        stream->requests()->forget(*id);
        throw;
    }
}

}  // namespace netaio::net
