#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/addressed_requester.hpp>
#include <stdexcept>

namespace netaio {

awaitable<OwnedMessage> Requester::answer_to(Result<OwnedMessage> message, RequestTerms terms) {
    return initiate(boost::asio::use_awaitable, std::move(message), std::move(terms));
}

RequestOptions AddressedRequester::asking(const Address& server, RequestOptions options) {
    if (options.server) {
        throw std::invalid_argument(
            "whom to ask is said twice: in front of the uri and in the options; leave one out");
    }
    options.server = server;
    return options;
}

}  // namespace netaio
