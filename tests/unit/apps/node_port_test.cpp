#include "node_port.hpp"

#include <gtest/gtest.h>

namespace netaio::app {
namespace {

TEST(NodePort, IsSpokenOfWhereAnotherNodeHasTheWantedOne) {
    const Address v4 = *Address::parse("0.0.0.0:8888");
    const Address v6 = *Address::parse("[::]:8888");
    EXPECT_EQ(other_port_text(8888, {v4, v6}), "");
    EXPECT_EQ(other_port_text(0, {v4, v6}), "");
    EXPECT_EQ(other_port_text(8888, {v4, *Address::parse("[::]:41334")}),
              "port 8888 has another node of this machine; peers learn that this one is at "
              "0.0.0.0:8888 and [::]:41334");
}

}  // namespace
}  // namespace netaio::app
