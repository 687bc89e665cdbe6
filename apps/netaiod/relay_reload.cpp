#include <algorithm>

#include "relay.hpp"

/// What changes while the daemon runs.
namespace netaio::daemon {

void Relay::reload(RelayOptions options) {
    options_.local_rules = options.local_rules;
    options_.any_address = options.any_address;
    options_.users = std::move(options.users);
    options_.quota = options.quota;
    options_.answer_timeout = options.answer_timeout;
    options_.server_idle = options.server_idle;
    allowances_.set_quota(options_.quota);
    for (const auto& [number, program] : programs_) {
        program->permitted.clear();
        end_refused_subscribers(*program);
    }
    if (tcp_ && options.tcp) {
        tcp_->set_plugins({options.tcp->auth, options.tcp->cipher});
        tcp_->set_rules(options.tcp->rules);
    }
    if (machine_ && options.udp) {
        reload_nodes(std::move(*options.udp), options.exchange_max);
    }
    upstreams_.set_servers(std::move(options.servers), std::move(options.plugins));
    disconnect_refused();
    tidy_later();
}

// Those who have gone from the list; what they had ends with them.
void Relay::disconnect_refused() {
    std::vector<ProgramPtr> refused;
    for (const auto& [number, program] : programs_) {
        if (!may_connect(*program->connection)) {
            refused.push_back(program);
        }
    }
    for (const ProgramPtr& program : refused) {
        log(LogLevel::warning, "disconnected a program of user " +
                                   std::to_string(program->credentials.uid) +
                                   ", who may not connect any more");
        program->connection->close();
    }
}

void Relay::reload_nodes(UdpNodeOptions options, std::size_t exchange_max) {
    const auto renew = [&](UdpNode& node) {
        node.set_plugins({options.auth, options.cipher});
        node.set_rules(options.rules);
    };
    const auto is_in = [](const std::vector<Address>& all, const Address& one) {
        return std::ranges::find(all, one) != all.end();
    };
    options_.exchange_max = exchange_max;
    renew(*machine_);
    for (const auto& [number, program] : programs_) {
        if (!program->node) {
            continue;
        }
        UdpNode& node = *program->node;
        renew(node);
        for (const Address& to : options_.udp->bootstrap) {
            if (!is_in(options.bootstrap, to)) {
                node.stop_introducing(to);
            }
        }
        for (const Address& to : options.bootstrap) {
            if (const std::error_code error = node.keep_introduced(to)) {
                log(LogLevel::error, "app " + program->name + " is not introduced to " + to.str() +
                                         ": " + error.message());
            }
        }
        if (program->management.exchange_max != exchange_max) {
            program->management.exchange_max = exchange_max;
            node.manage_peers(program->management);
        }
    }
    options_.udp->auth = std::move(options.auth);
    options_.udp->cipher = std::move(options.cipher);
    options_.udp->rules = std::move(options.rules);
    options_.udp->bootstrap = std::move(options.bootstrap);
    options_.udp->introductions_max = options.introductions_max;
}

// Often enough that nothing stays for much longer than it may.
void Relay::tidy_later() {
    using std::chrono::milliseconds;
    tidying_.expires_after(std::clamp(options_.server_idle / 4, milliseconds(100),
                                      milliseconds(std::chrono::minutes(1))));
    tidying_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (self && !error) {
            self->upstreams_.tidy(self->options_.environment.clock->steady_now());
            self->tidy_later();
        }
    });
}

}  // namespace netaio::daemon
