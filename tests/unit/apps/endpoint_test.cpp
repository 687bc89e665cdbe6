#include "endpoint.hpp"

#include <gtest/gtest.h>

#include "exit_code.hpp"

namespace netaio::app {
namespace {

TEST(Endpoint, ReadsNamesAndAddresses) {
    EXPECT_EQ(parse_endpoint("localhost:8888").host, "localhost");
    EXPECT_EQ(parse_endpoint("localhost:8888").port, 8888);
    EXPECT_EQ(parse_endpoint("127.0.0.1:0").port, 0);
    EXPECT_EQ(parse_endpoint("[::1]:65535").host, "::1");
    EXPECT_EQ(parse_endpoint("[::1]:65535").port, 65535);
}

TEST(Endpoint, ReadsUnixDomainSockets) {
    for (const char* text : {"unix:/run/x.sock", "unix:here", "unix:@x", "unix:/a:80"}) {
        const Endpoint endpoint = parse_endpoint(text);
        EXPECT_TRUE(endpoint.is_unix());
        EXPECT_EQ(endpoint.str(), text);
        EXPECT_EQ(resolve(endpoint).str(), text);
        EXPECT_TRUE(is_loopback(resolve(endpoint)));
    }
    EXPECT_FALSE(parse_endpoint("localhost:80").is_unix());
    EXPECT_THROW(parse_endpoint("unix:"), Failure);
    EXPECT_THROW(parse_endpoint("unix:80"), Failure);
}

TEST(Endpoint, IsWrittenAsItIsRead) {
    for (const char* text : {"localhost:8888", "127.0.0.1:1", "[::1]:8888", "[fe80::1%2]:80"}) {
        EXPECT_EQ(parse_endpoint(text).str(), text);
    }
}

TEST(Endpoint, RefusesWhatIsNone) {
    for (const char* text : {"", "localhost", "8888", ":8888", "localhost:", "localhost:x",
                             "localhost:65536", "localhost:-1", "localhost:1x", "::1:8888", "[::1]",
                             "[::1]8888", "[]:8888", "[::1:8888"}) {
        try {
            parse_endpoint(text);
            ADD_FAILURE() << text;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), 2) << text;
            EXPECT_NE(std::string(failure.what()).find("HOST:PORT"), std::string::npos) << text;
        }
    }
}

TEST(Endpoint, ResolvesAddressesAndLocalhost) {
    EXPECT_EQ(resolve({"127.0.0.1", 80}).str(), "127.0.0.1:80");
    EXPECT_EQ(resolve({"::1", 80}).str(), "[::1]:80");
    EXPECT_TRUE(is_loopback(resolve({"localhost", 80})));
    EXPECT_EQ(resolve({"fe80::1%2", 80}).str(), "[fe80::1%2]:80");
    EXPECT_EQ(resolve({"fe80::1%lo", 80}).scope(), resolve({"fe80::1%1", 80}).scope());
    EXPECT_THROW(resolve({"fe80::1%no-such", 80}), Failure);
}

TEST(Endpoint, KnowsWhatOnlyThisMachineReaches) {
    EXPECT_TRUE(is_loopback(*Address::parse("127.1.2.3", 1)));
    EXPECT_TRUE(is_loopback(*Address::parse("::1", 1)));
    EXPECT_FALSE(is_loopback(*Address::parse("0.0.0.0", 1)));
    EXPECT_FALSE(is_loopback(*Address::parse("::", 1)));
    EXPECT_FALSE(is_loopback(*Address::parse("192.0.2.1", 1)));
}

}  // namespace
}  // namespace netaio::app
