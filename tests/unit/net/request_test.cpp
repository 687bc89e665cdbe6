#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>
#include <netaio/tcp_client.hpp>
#include <netaio/udp_node.hpp>
#include <string>
#include <type_traits>

using namespace netaio;

namespace {

using Shared = std::shared_ptr<const AuthPlugin>;
class DerivedAuth : public AuthPlugin {
public:
    std::error_code make(AuthFields&, ByteView, const PluginContext&) const override { return {}; }
    bool check(const AuthFields&, ByteView, const PluginContext&) const override { return true; }
};
using AuthRef = PluginRef<AuthPlugin>;

// A temporary would be gone before options that are kept.
static_assert(std::is_constructible_v<AuthRef, Shared&>);
static_assert(std::is_constructible_v<AuthRef, const Shared&>);
static_assert(!std::is_constructible_v<AuthRef, Shared&&>);
static_assert(!std::is_constructible_v<AuthRef, const Shared&&>);
static_assert(!std::is_constructible_v<AuthRef, std::shared_ptr<DerivedAuth>&&>);
static_assert(std::is_constructible_v<AuthRef, std::shared_ptr<DerivedAuth>&>);
static_assert(std::is_constructible_v<AuthRef, const std::shared_ptr<const DerivedAuth>&>);
static_assert(!std::is_constructible_v<AuthRef, std::shared_ptr<const CipherPlugin>&>);
static_assert(std::is_constructible_v<AuthRef, std::nullptr_t>);

// As g++ 12 destroys the members of aggregates in co_await expressions twice.
static_assert(std::is_trivially_destructible_v<RequestOptions>);
static_assert(std::is_trivially_destructible_v<SubscribeOptions>);
static_assert(std::is_trivially_destructible_v<UnsubscribeOptions>);
static_assert(std::is_trivially_destructible_v<ReceiveOptions>);

TEST(RequestTest, APluginThatIsLentIsSharedByTheCall) {
    const Shared held = hmac_auth({.secret = "test"});
    EXPECT_EQ(AuthRef(held).share(), held);
    EXPECT_EQ(AuthRef(held).share().use_count(), 2);
    EXPECT_EQ(AuthRef(nullptr).share(), nullptr);
    EXPECT_EQ(AuthRef().share(), nullptr);
    const Shared none;
    EXPECT_EQ(AuthRef(none).share(), nullptr);
}

TEST(RequestTest, APluginIsLentAsWhatItIsDerivedFrom) {
    const auto held = std::make_shared<DerivedAuth>();
    const RequestOptions options{.auth = held};
    EXPECT_EQ(options.auth.share(), held);
    EXPECT_EQ(held.use_count(), 1);
}

TEST(RequestTest, OptionsThatAreKeptKeepWhomToAsk) {
    EXPECT_FALSE(RequestOptions().server);
    EXPECT_FALSE(OptionalAddress(std::optional<Address>()));
    const std::string longest = "unix:/" + std::string(Address::name_max - 6, 'x');
    for (const std::string text :
         {"127.0.0.1:80", "[fe80::1%2]:8888", "unix:/run/x.sock", "unix:@x", longest.c_str()}) {
        RequestOptions options{.server = Address::parse(text).value()};
        const RequestOptions copy = options;
        options.server = {};
        EXPECT_FALSE(options.server.get());
        EXPECT_TRUE(copy.server);
        EXPECT_EQ(copy.server.get(), Address::parse(text).value()) << text;
    }
    EXPECT_FALSE(Address::parse(longest + "x"));
}

TEST(RequestTest, ANodeIsToldOnceWhomToAsk) {
    UdpNode node;
    const Address to = Address::parse("127.0.0.1:1").value();
    const auto done = [](boost::system::error_code, const OwnedMessage&) {};
    EXPECT_THROW(node.request(to, "x", {.server = to}, done), std::invalid_argument);
}

}  // namespace
