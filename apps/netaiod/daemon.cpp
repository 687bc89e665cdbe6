#include "daemon.hpp"

#include <netaio/tcp_server.hpp>

#include "holdings.hpp"
#include "status.hpp"
#include "unix_owner.hpp"

namespace netaio::daemon {
namespace {

TcpServerOptions local_server(const Config& config, const Environment& environment) {
    TcpServerOptions made;
    made.interfaces.clear();
    made.endpoints = {*Address::named("unix", config.process.socket)};
    if (!config.process.group.empty()) {
        made.unix_socket = {.mode = 0660, .group = app::find_group(config.process.group)};
    }
    made.types = config.types;
    made.environment = environment;
    made.handle_signals = false;
    return made;
}

}  // namespace

class Daemon::Impl {
public:
    Impl(boost::asio::any_io_executor executor, Config config, Environment environment)
        : config_(std::move(config)),
          seen_(app::make_lasting_seen(config_.protection, "", environment.log)),
          holdings_(hold(config_, seen_)),
          started_(environment.clock->steady_now()),
          clock_(environment.clock),
          server_(std::move(executor), local_server(config_, environment)) {
        server_.on({request_uri, "netaiod/status"}, [this](const Message&, Connection& from) {
            if (!holdings_.users.allow(from.credentials())) throw Refusal::not_permitted();
            return status();
        });
        server_.set_default_handler([this](const Message&, Connection& from) -> Reply {
            if (!holdings_.users.allow(from.credentials())) throw Refusal::not_permitted();
            throw Refusal::not_found();
        });
    }

    std::error_code start() { return server_.start(); }
    std::vector<std::string> reload(const Config& config) {
        holdings_ = hold(config, seen_);
        std::vector<std::string> sentences;
        for (const std::string& key : needs_restart(config_, config)) {
            sentences.push_back(key + " changes when netaiod is started anew");
        }
        return sentences;
    }
    awaitable<void> stop(std::chrono::milliseconds deadline) {
        co_await server_.stop(deadline, boost::asio::use_awaitable);
    }
    std::string status() const {
        DaemonStatus now;
        now.uptime = clock_->steady_now() - started_;
        return status_json(now);
    }

private:
    const Config config_;  // as it was started
    const std::shared_ptr<SeenMessages> seen_;
    Holdings holdings_;
    const std::chrono::steady_clock::time_point started_;
    const std::shared_ptr<Clock> clock_;
    TcpServer server_;
};

Daemon::Daemon(boost::asio::any_io_executor executor, Config config, Environment environment)
    : impl_(
          std::make_unique<Impl>(std::move(executor), std::move(config), std::move(environment))) {}
Daemon::~Daemon() = default;

std::error_code Daemon::start() {
    return impl_->start();
}
std::vector<std::string> Daemon::reload(const Config& config) {
    return impl_->reload(config);
}
awaitable<void> Daemon::stop(std::chrono::milliseconds deadline) {
    return impl_->stop(deadline);
}
std::string Daemon::status() {
    return impl_->status();
}

}  // namespace netaio::daemon
