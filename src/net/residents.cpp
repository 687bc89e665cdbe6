#include "residents.hpp"

#include <algorithm>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <vector>

namespace netaio::net {
namespace {

class Residents final : public boost::asio::execution_context::service {
public:
    using key_type = Residents;
    static boost::asio::execution_context::id id;

    explicit Residents(boost::asio::execution_context& context) : service(context) {}

    void add(std::weak_ptr<Resident> resident) {
        const std::lock_guard lock(mutex_);
        if (all_.size() >= looked_through_at_) {
            std::erase_if(all_, [](const auto& weak) { return weak.expired(); });
            looked_through_at_ = std::max(looked_through_at_min, 2 * all_.size());
        }
        all_.push_back(std::move(resident));
    }

    bool has_unsent() { return std::ranges::any_of(alive(), &Resident::has_unsent); }

private:
    static constexpr std::size_t looked_through_at_min = 16;

    void shutdown() override {
        const auto residents = alive();
        std::for_each(residents.rbegin(), residents.rend(),
                      [](const auto& resident) { resident->context_ends(); });
    }

    std::vector<std::shared_ptr<Resident>> alive() {
        std::vector<std::shared_ptr<Resident>> found;
        const std::lock_guard lock(mutex_);
        for (const auto& weak : all_) {
            if (auto resident = weak.lock()) {
                found.push_back(std::move(resident));
            }
        }
        return found;
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<Resident>> all_;
    std::size_t looked_through_at_ = looked_through_at_min;
};

boost::asio::execution_context::id Residents::id;

}  // namespace

void settle_in(const boost::asio::any_io_executor& executor, std::weak_ptr<Resident> resident) {
    // Services end in turn, the youngest first: this one while sockets can still send.
    const boost::asio::steady_timer reactor(executor);
    auto& context = boost::asio::query(executor, boost::asio::execution::context);
    boost::asio::use_service<Residents>(context).add(std::move(resident));
}

bool has_unsent(boost::asio::execution_context& context) {
    return boost::asio::has_service<Residents>(context) &&
           boost::asio::use_service<Residents>(context).has_unsent();
}

}  // namespace netaio::net
