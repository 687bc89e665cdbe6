#include "unproven.hpp"

namespace netaio::core {

void Unproven::proved(const Address& address, TimePoint now) {
    if (proven_.size() >= proven_max_ && !proven_.contains(address)) {
        // Looking for what is over takes long enough to be done rarely.
        if (now - swept_at_ < std::chrono::seconds(1)) {
            return;
        }
        swept_at_ = now;
        std::erase_if(proven_, [&](const auto& entry) { return entry.second <= now; });
        if (proven_.size() >= proven_max_) {
            return;
        }
    }
    proven_.insert_or_assign(address, now + proof_lasts);
}

bool Unproven::allow(const Address& to, std::size_t bytes, TimePoint now) {
    if (const auto found = proven_.find(to); found != proven_.end() && found->second > now) {
        return true;
    }
    const auto cost = static_cast<double>(bytes);
    double* host = hosts_.tokens(to, now);
    host = host ? host : others_.tokens(Address(), now);
    double& total = *total_.tokens(Address(), now);
    const double reserve = *host < hosts_.burst() / 2 ? total_.burst() / 2 : 0;
    if (*host < cost || total - reserve < cost) {
        return false;
    }
    *host -= cost;
    total -= cost;
    return true;
}

bool Unproven::warn(TimePoint now) {
    if (warned_at_ != TimePoint() && now - warned_at_ < warn_every) {
        return false;
    }
    warned_at_ = now;
    return true;
}

}  // namespace netaio::core
