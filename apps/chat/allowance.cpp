#include "allowance.hpp"

#include <algorithm>

namespace netaio::chat_app {

bool Allowances::take(const std::string& who, double amount, TimePoint now) {
    auto found = left_.find(who);
    if (found == left_.end()) {
        if (left_.size() >= strangers_max_ && !make_room(now)) return false;
        found = left_.emplace(who, Left{rate_.amount, now}).first;
    }
    Left& left = found->second;
    left = {refilled(left, now), now};
    if (left.amount < amount) return false;
    left.amount -= amount;
    return true;
}

double Allowances::refilled(const Left& left, TimePoint now) const {
    const std::chrono::duration<double> passed = now - left.at;
    const std::chrono::duration<double> per = rate_.per;
    return std::min(rate_.amount, left.amount + rate_.amount * (passed / per));
}

// Who has all that there is to have need not be remembered.
bool Allowances::make_room(TimePoint now) {
    if (now - swept_at_ < std::chrono::seconds(1)) return false;
    swept_at_ = now;
    std::erase_if(left_,
                  [&](const auto& each) { return refilled(each.second, now) >= rate_.amount; });
    return left_.size() < strangers_max_;
}

std::string host_counted(const Address& address) {
    if (address.is_named()) return std::string(address.scheme());
    const auto& ip = address.ip();
    // The address of an IPv4 host, and the network of an IPv6 one.
    return std::string(address.is_v6() ? "6" : "4") +
           std::string(ip.begin(), ip.begin() + (address.is_v6() ? 8 : 4));
}

}  // namespace netaio::chat_app
