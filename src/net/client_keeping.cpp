#include <algorithm>
#include <stdexcept>

#include "client_kept.hpp"
#include "core/waiting.hpp"

/// Which of a client's connections are kept.
namespace netaio {

void TcpClient::Impl::keep_connected(std::vector<ServerName> servers, KeepOptions options) {
    if (servers.empty()) {
        throw std::invalid_argument("keep_connected() needs a server to connect to");
    }
    for (const ServerName& server : servers) {
        if (server.host.empty() || !net::transport_of(server.host)) {
            throw std::invalid_argument(
                "'" + server.host +
                "' is no host that can be connected to; give its name or "
                "address, or that of another transport, as unix:/run/x.sock");
        }
    }
    core::require_time(options.heartbeat, "heartbeat");
    core::require_time(options.heartbeat_timeout, "heartbeat_timeout");
    const auto keep_alive = shared_from_this();
    const auto before = find_kept([](const Kept& kept) { return kept.is_primary(); });
    if (before && before->place()) {
        close(before->place());
    } else {
        stop_keeping();
    }
    const auto kept = std::make_shared<Kept>(*this, Kept::How{.servers = std::move(servers),
                                                              .options = std::move(options),
                                                              .primary = true,
                                                              .looping = true});
    kept_.push_back(kept);
    if (ticker_) {
        kept->begin();
    } else if (executor_) {
        bind(executor_);
    }
}

bool TcpClient::Impl::end_keeping(const std::function<bool(const Kept&)>& is_meant,
                                  std::error_code why) noexcept {
    std::list<std::shared_ptr<Kept>> ended;
    for (auto kept = kept_.begin(); kept != kept_.end();) {
        const auto next = std::next(kept);
        if (is_meant(**kept)) {
            ended.splice(ended.end(), kept_, kept);
        }
        kept = next;
    }
    for (const auto& kept : ended) {
        kept->stop(why);
    }
    return !ended.empty();
}

bool TcpClient::Impl::stop_keeping() {
    return end_keeping([](const Kept& kept) { return kept.is_primary(); });
}

std::shared_ptr<TcpClient::Impl::Kept> TcpClient::Impl::find_kept(
    const std::function<bool(const Kept&)>& is_meant) const {
    const auto found =
        std::ranges::find_if(kept_, [&](const auto& kept) { return is_meant(*kept); });
    return found == kept_.end() ? nullptr : *found;
}

// The kept connection that a request waits for.
std::shared_ptr<TcpClient::Impl::Kept> TcpClient::Impl::awaited(
    const std::optional<Address>& server) const {
    if (server || kept_.empty()) {
        return nullptr;
    }
    const auto kept = find_kept([](const Kept& each) { return each.is_primary(); });
    if (!kept || kept->is_ready()) {
        return nullptr;
    }
    const auto meant = stream(std::nullopt);
    return meant && meant->open() && !kept->uses(*meant) ? nullptr : kept;
}

// What was meant for a server is meant for the one that takes its place.
void TcpClient::Impl::move_link(const std::optional<Address>& from, const Address& to) {
    if (!find(default_server_) || default_server_ == from) {
        default_server_ = to;
    }
    const auto before = from ? links_.find(*from) : links_.end();
    if (before == links_.end() || before->second.stream) {
        return;
    }
    auto& inbox = links_[to].inbox;
    inbox.insert(inbox.begin(), std::move_iterator(before->second.inbox.begin()),
                 std::move_iterator(before->second.inbox.end()));
    links_.erase(before);
}

}  // namespace netaio
