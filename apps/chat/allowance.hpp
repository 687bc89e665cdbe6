#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <netaio/address.hpp>
#include <string>

namespace netaio::chat_app {

/// So much in each such time, and as much at once.
struct Rate {
    double amount;
    std::chrono::seconds per;
};

/// How much each of many strangers may take. Bounded: who finds no room gets nothing.
class Allowances {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit Allowances(Rate rate, std::size_t strangers_max = 65'536)
        : rate_(rate), strangers_max_(strangers_max) {}

    /// Whether that much was left, and is taken.
    bool take(const std::string& who, double amount, TimePoint now);

    /// Who is gone, and does not come back.
    void forget(const std::string& who) { left_.erase(who); }

private:
    struct Left {
        double amount;
        TimePoint at;
    };

    double refilled(const Left& left, TimePoint now) const;
    bool make_room(TimePoint now);

    Rate rate_;
    std::size_t strangers_max_;
    TimePoint swept_at_ = {};
    std::map<std::string, Left> left_;
};

/// Whom addresses are counted for: an IPv4 address, or the /64 of an IPv6 one; all names of a
/// transport are one host, this one.
std::string host_counted(const Address& address);

}  // namespace netaio::chat_app
