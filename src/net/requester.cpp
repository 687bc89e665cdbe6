#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/requester.hpp>

namespace netaio {

awaitable<OwnedMessage> Requester::answer_to(Result<OwnedMessage> message, RequestTerms terms) {
    return initiate(boost::asio::use_awaitable, std::move(message), std::move(terms));
}

}  // namespace netaio
