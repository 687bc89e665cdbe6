#include <gtest/gtest.h>

#include <netaio/tapescript/stack.hpp>

namespace netaio::tapescript {
namespace {

TEST(TapescriptStack, RefusesWhatIsAboveItsLimits) {
    Stack stack(2, 3);
    EXPECT_FALSE(stack.push("long"));
    EXPECT_TRUE(stack.push("a"));
    EXPECT_TRUE(stack.push("b"));
    EXPECT_FALSE(stack.push("c"));
    EXPECT_EQ(stack.items(), (std::vector<std::string>{"a", "b"}));
}

TEST(TapescriptStack, TakesItsOwnItemsAgain) {
    Stack stack;
    ASSERT_TRUE(stack.push(std::string(500, 'x')));
    for (int copies = 0; copies < 20; ++copies) {
        ASSERT_TRUE(stack.push(stack.peek()));
    }
    const std::string_view popped = stack.pop();
    ASSERT_TRUE(stack.push(popped.substr(0, 400)));
    EXPECT_EQ(stack.peek(), std::string(400, 'x'));
    EXPECT_EQ(stack.peek(20), std::string(500, 'x'));
}

TEST(TapescriptStack, ExchangesItemsByDepth) {
    Stack stack;
    for (const char* item : {"bottom", "middle", "top"}) {
        ASSERT_TRUE(stack.push(item));
    }
    stack.swap(0, 2);
    EXPECT_EQ(stack.items(), (std::vector<std::string>{"top", "middle", "bottom"}));
}

}  // namespace
}  // namespace netaio::tapescript
