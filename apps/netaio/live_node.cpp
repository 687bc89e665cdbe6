#include "live_node.hpp"

#include "duration.hpp"
#include "exit_code.hpp"
#include "traffic.hpp"

namespace netaio::app {
namespace {

UdpNodeOptions with_identity(UdpNodeOptions options, const Peer& local_peer,
                             std::string& key_text) {
    options.local_peer = local_peer;
    key_text = own_key_text(options.session);
    return options;
}

}  // namespace

void cannot_start(const std::error_code& error, const NodeOptions& options) {
    std::string fix = "see netaio interfaces, and --log-level debug";
    if (error == std::errc::address_in_use) {
        fix = "end the program that has the port for itself, or name another with --port";
    } else if (error == std::errc::permission_denied) {
        fix = "ports below 1024 are for privileged programs; name another with --port";
    } else if (error == std::errc::address_family_not_supported) {
        fix = "this machine lacks " + std::string(options.ipv6_only ? "IPv6" : "IPv4") +
              "; try without --ipv4-only and --ipv6-only";
    }
    throw Failure(ExitCode::other, "cannot start a node on port " + std::to_string(options.port) +
                                       ": " + error.message() + "; " + fix);
}

LiveNode::LiveNode(const NodeOptions& options, const Protection& protection, SignalsOf whose)
    : options_(options),
      management_(make_peer_management(options, protection)),
      local_peer_(make_local_peer(options, protection)),
      signals_(io_.get_executor(), whose),
      node_(io_.get_executor(),
            with_identity(make_node_options(options, protection), local_peer_, key_text_)) {}

void LiveNode::show_peers(std::function<void(std::string_view event, const Peer&)> show) {
    const auto on = [&](std::string_view event) {
        return [this, event, show](const Peer& peer) { guarded([&] { show(event, peer); }); };
    };
    node_.set_peer_callbacks(
        {.joined = on("joined"), .changed = on("changed"), .left = on("left")});
}

void LiveNode::guarded(const std::function<void()>& work) {
    if (failure_) return;
    try {
        work();
    } catch (...) {
        failure_ = std::current_exception();
        io_.stop();
    }
}

void LiveNode::run(const std::function<void()>& started) {
    node_.start([&](boost::system::error_code error, std::uint16_t) {
        guarded([&] {
            if (error) cannot_start(error, options_);
            started();
            node_.manage_peers(management_);
        });
    });
    wait_for_end();
    io_.run();
    node_.stop();
    io_.restart();
    io_.poll();  // what was cancelled
    if (failure_) std::rethrow_exception(failure_);
}

void LiveNode::wait_for_end() {
    signals_.wait([this] { io_.stop(); },
                  [this] { return "so far: " + traffic(node_.counters()); });
    if (options_.for_seconds > 0) {
        timer_.expires_after(to_milliseconds(options_.for_seconds));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) io_.stop();
        });
    }
}

}  // namespace netaio::app
