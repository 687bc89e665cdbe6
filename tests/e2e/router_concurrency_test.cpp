#include "core/router.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

namespace netaio::core {
namespace {

constexpr auto asked_type = MessageType::request_uri;
constexpr int rounds = 2000;

// Holds a number that a reader can see is whole.
class NumberedHandler final : public Handler {
public:
    explicit NumberedHandler(int number) : Handler(false), number_(number), again_(number) {}
    ~NumberedHandler() override { again_ = -1; }

    std::optional<OwnedMessage> call(const Message&, Source&) const override {
        return std::nullopt;
    }
    bool whole() const noexcept { return number_ == again_; }
    int number() const noexcept { return number_; }

private:
    int number_;
    int again_;
};

Route numbered(int number) {
    return {std::make_shared<NumberedHandler>(number), {}};
}

std::string uri(int number) {
    return "uri" + std::to_string(number % 16);
}

const NumberedHandler& handler_of(const Route& route) {
    return static_cast<const NumberedHandler&>(*route.handler);
}

// Starts them together and waits for their end.
void run(const std::vector<std::function<void()>>& all) {
    std::latch start(static_cast<std::ptrdiff_t>(all.size()));
    std::vector<std::jthread> threads;
    for (const auto& one : all) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            one();
        });
    }
}

TEST(RouterConcurrency, ReadersSeeWholeHandlersWhileOthersChangeThem) {
    Router router;
    router.add(Key(asked_type), numbered(-1));
    const auto change = [&] {
        for (int i = 0; i < rounds; ++i) {
            router.add(Key(asked_type, uri(i)), numbered(i));
            if (i % 3 == 0) {
                router.remove(Key(asked_type, uri(i + 1)));
            }
        }
    };
    const auto read = [&] {
        RouteReader reader(router);
        for (int i = 0; i < rounds; ++i) {
            const std::string at = uri(i);
            std::shared_ptr<const Route> taken;
            const Route* found =
                reader.find({KeyView{asked_type, ByteView(at)}, KeyView{asked_type}}, taken);
            ASSERT_NE(found, nullptr);
            EXPECT_TRUE(handler_of(*found).whole());
            EXPECT_TRUE(handler_of(*found).number() == -1 ||
                        uri(handler_of(*found).number()) == at);
        }
    };
    run({change, change, read, read});
}

TEST(RouterConcurrency, EachEphemeralHandlerServesOnce) {
    Router router;
    std::atomic<int> added{0};
    std::atomic<bool> done{false};
    std::vector<std::atomic<int>> served(2 * rounds);
    const auto add = [&] {
        for (int i = 0; i < rounds; ++i) {
            router.add_ephemeral(Key(asked_type, uri(i)), numbered(added.fetch_add(1)));
        }
    };
    const auto take = [&](RouteReader& reader) {
        bool found = false;
        for (int i = 0; i < 16; ++i) {
            const std::string at = uri(i);
            std::shared_ptr<const Route> taken;
            if (const Route* route = reader.find({KeyView{asked_type, ByteView(at)}}, taken)) {
                found = true;
                EXPECT_EQ(taken.get(), route);
                ++served[static_cast<std::size_t>(handler_of(*route).number())];
            }
        }
        return found;
    };
    const auto read = [&] {
        RouteReader reader(router);
        while (!done) {
            take(reader);
        }
    };
    {
        std::jthread first(read);
        std::jthread second(read);
        run({add, add});
        done = true;
    }
    RouteReader last(router);
    while (take(last)) {
    }
    for (const auto& times : served) {
        EXPECT_EQ(times, 1);
    }
}

TEST(RouterConcurrency, ReadersMayComeAndGo) {
    Router router;
    router.add(Key(asked_type, uri(0)), numbered(0));
    std::atomic<int> readers_left{3};
    const auto read = [&] {
        for (int i = 0; i < rounds; ++i) {
            RouteReader reader(router);
            std::shared_ptr<const Route> taken;
            const std::string at = uri(0);
            const Route* found = reader.find({KeyView{asked_type, ByteView(at)}}, taken);
            ASSERT_NE(found, nullptr);
            EXPECT_TRUE(handler_of(*found).whole());
        }
        --readers_left;
    };
    const auto change = [&] {
        for (int i = 0; readers_left > 0; i = (i + 1) % 1000) {
            router.add(Key(asked_type, uri(16 * i)), numbered(16 * i));
        }
    };
    run({read, read, read, change});
}

}  // namespace
}  // namespace netaio::core
