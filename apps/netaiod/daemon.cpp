#include "daemon.hpp"

#include "relay.hpp"
#include "relay_config.hpp"

namespace netaio::daemon {

class Daemon::Impl {
public:
    Impl(boost::asio::any_io_executor executor, Config config, Environment environment)
        : config_(std::move(config)),
          environment_(std::move(environment)),
          seen_(app::make_lasting_seen(config_.protection, "", environment_.log)),
          relay_(std::make_shared<Relay>(
              std::move(executor), relay_options(config_, hold(config_, seen_), environment_))) {}

    std::error_code start() { return relay_->start(); }
    std::vector<std::string> reload(const Config& config) {
        const Config next = as_started(config);
        relay_->reload(relay_options(next, hold(next, seen_), environment_));
        std::vector<std::string> sentences;
        for (const std::string& key : needs_restart(config_, config)) {
            sentences.push_back(key + " changes when netaiod is started anew");
        }
        return sentences;
    }
    awaitable<void> stop(std::chrono::milliseconds deadline) { return relay_->stop(deadline); }
    std::string status() const { return status_json(relay_->status()); }

private:
    // With what takes a new start as it was then, where it goes with what does not.
    Config as_started(Config config) const {
        config.tcp = config_.tcp;
        config.udp = config_.udp;
        config.types = config_.types;
        config.session = config_.session;
        config.protection.hashcash = config_.protection.hashcash;
        config.protection.hashcash_realm = config_.protection.hashcash_realm;
        config.protection.freshness = config_.protection.freshness;
        config.protection.dialect = config_.protection.dialect;
        return config;
    }

    const Config config_;  // as it was started
    const Environment environment_;
    const std::shared_ptr<SeenMessages> seen_;
    const std::shared_ptr<Relay> relay_;
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
