#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <netaio/connection.hpp>
#include <optional>

/// Opening sockets that programs which a handler starts do not inherit: they would hold on to a
/// port, and keep connections from ending. See linux/ and portable/, where there is a moment in
/// which they still are inherited.
namespace netaio::net {

/// Sockets that carry connections, of whichever family.
using StreamProtocol = boost::asio::generic::stream_protocol;
using StreamSocket = StreamProtocol::socket;
using StreamAcceptor = boost::asio::basic_socket_acceptor<StreamProtocol>;

void open_socket(StreamAcceptor& acceptor, const StreamProtocol& protocol,
                 boost::system::error_code& error);
void open_socket(StreamSocket& socket, const StreamProtocol& protocol,
                 boost::system::error_code& error);
void open_socket(boost::asio::ip::udp::socket& socket, const boost::asio::ip::udp& protocol,
                 boost::system::error_code& error);

/// The same for one that no loop waits for: a descriptor, or -1 with errno. Sending with no_signal
/// to one whose other end has gone is an error and nothing else.
int open_stream(int family) noexcept;
extern const int no_signal;

/// Takes one connection that waits, without waiting itself. The acceptor is non-blocking.
StreamSocket accept_waiting(StreamAcceptor& acceptor, const boost::asio::any_io_executor& executor,
                            boost::system::error_code& error);

/// Whether Unix-domain sockets may have names without files.
bool has_abstract_names() noexcept;
/// Whose process is at the other end of a Unix-domain socket, where the system tells.
std::optional<Credentials> credentials_of(int socket);

/// How many descriptors this process may have open; none when there is no limit.
std::optional<std::size_t> descriptors_max();

/// Has the system find out that the peer's machine vanished, within this time where it can, but for
/// `never`; `while_sending`: also when bytes are sent that nobody acknowledges or takes.
void keep_alive(int socket, std::chrono::milliseconds within, bool while_sending);

}  // namespace netaio::net
