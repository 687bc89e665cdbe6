#include "core/passed_on.hpp"

#include <gtest/gtest.h>

#include "core/deferred.hpp"

namespace netaio::core {
namespace {

using std::chrono::seconds;

PassedOn::TimePoint due(int second) {
    return PassedOn::TimePoint(seconds(second));
}

// Who waits for an answer, by a name.
class Waits final : public Deferred {
public:
    Waits(std::string& told, std::string name)
        : Deferred(Plugins(), OwnedMessage(MessageType::request_uri, "uri")),
          told_(told),
          name_(std::move(name)) {}
    ~Waits() override { go(); }

private:
    void deliver(std::optional<OwnedMessage>&&, const std::exception_ptr& failure) override {
        told_ += name_ + (failure ? " nothing," : " answered,");
    }
    bool is_there() const noexcept override { return true; }

    std::string& told_;
    std::string name_;
};

struct PassedOnTest : testing::Test {
    RequestId add(const std::string& name, int deadline = 60) {
        const RequestId id = passed.next_id();
        passed.add({MessageType::request_uri, MessageType::respond_uri}, due(deadline),
                   Answer(new Waits(told, name)));
        return id;
    }
    bool answer(RequestId id, MessageType type = MessageType::respond_uri) {
        const bool waits = passed.find(id, type);
        if (waits) {
            passed.take(id)("");
        }
        return waits;
    }
    std::string expire(int now) {
        told.clear();
        while (auto waits = passed.take_expired(due(now))) {
            (*waits)("");
        }
        return told;
    }

    std::string told;
    PassedOn passed{"@"};
};

TEST_F(PassedOnTest, IsAnsweredInAnyOrderAndOnce) {
    const RequestId a = add("a");
    const RequestId b = add("b");
    EXPECT_TRUE(PassedOn::is_one(a));
    EXPECT_TRUE(answer(b));
    EXPECT_TRUE(answer(a));
    EXPECT_FALSE(answer(a));
    EXPECT_FALSE(answer(b + 1));
    EXPECT_EQ(told, "b answered,a answered,");
    EXPECT_TRUE(passed.empty());
}

TEST_F(PassedOnTest, IsAnsweredByWhatAnswersItAlone) {
    const RequestId a = add("a");
    EXPECT_FALSE(answer(a, MessageType::confirm_subscribe));
    EXPECT_TRUE(answer(a, MessageType::error));
}

TEST_F(PassedOnTest, OneThatWaitsKeepsNobodyOut) {
    add("slow");
    for (std::size_t i = 0; i < 3 * PassedOn::max; ++i) {
        ASSERT_FALSE(passed.full());
        ASSERT_TRUE(answer(add("quick")));
    }
}

TEST_F(PassedOnTest, ManyThatWaitAreToldApartFromThoseThatAreAnswered) {
    std::vector<RequestId> waiting;
    for (int i = 0; i < 3000; ++i) {
        const RequestId id = add("");
        if (i % 3 == 0) {
            waiting.push_back(id);
        } else {
            ASSERT_TRUE(answer(id));
        }
        ASSERT_FALSE(answer(passed.next_id()));
    }
    for (const RequestId id : waiting) {
        ASSERT_TRUE(answer(id));
        ASSERT_FALSE(answer(id));
    }
    EXPECT_TRUE(passed.empty());
    EXPECT_EQ(expire(100), "");
}

TEST_F(PassedOnTest, IsFullOfWhatWaits) {
    for (std::size_t i = 0; i < PassedOn::max; ++i) {
        ASSERT_FALSE(passed.full());
        add("");
    }
    EXPECT_TRUE(passed.full());
}

TEST_F(PassedOnTest, ExpiresByItsOwnTime) {
    add("late", 60);
    const RequestId answered = add("answered", 61);
    add("early", 5);
    add("later", 70);
    answer(answered);
    EXPECT_EQ(passed.next_deadline(), due(5));
    EXPECT_EQ(expire(4), "");
    EXPECT_EQ(expire(5), "early answered,");
    EXPECT_EQ(expire(65), "late answered,");
    EXPECT_EQ(passed.next_deadline(), due(70));
    EXPECT_EQ(expire(100), "later answered,");
    EXPECT_TRUE(passed.empty());
}

}  // namespace
}  // namespace netaio::core
