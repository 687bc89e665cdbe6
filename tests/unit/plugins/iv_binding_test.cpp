#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>

#include "core/layers.hpp"
#include "support/fixed_environment.hpp"

// The recipe of docs/security.md.
namespace netaio {
namespace {

Plugins with_nonce(const char* field, Dialect dialect) {
    return {.auth = hmac_auth({.secret = "test", .nonce_field = field, .dialect = dialect}),
            .cipher = stream_cipher({.key = "test", .dialect = dialect})};
}

struct IvBindingTest : testing::TestWithParam<Dialect> {
    OwnedMessage sealed(const Plugins& plugins) {
        OwnedMessage message = publish("uri", "content");
        EXPECT_FALSE(core::seal(message, {}, plugins, context));
        return message;
    }
    static void change_iv(Message& message) {
        std::string iv = message.auth().bytes("iv")->str();
        iv.front() = static_cast<char>(iv.front() ^ 1);
        message.auth().set("iv", iv);
    }

    Environment environment = test::fixed_environment();
    PluginContext context{.environment = environment};
};

TEST_P(IvBindingTest, AnIvOutsideTheTagCanBeChangedUnnoticed) {
    const Plugins plugins = with_nonce("nonce", GetParam());
    OwnedMessage message = sealed(plugins);
    change_iv(message);
    EXPECT_FALSE(core::open_layer(message, plugins, context));
    EXPECT_NE(message.content(), "content");
}

TEST_P(IvBindingTest, AnIvThatIsTheNonceCannotBeChanged) {
    const Plugins plugins = with_nonce("iv", GetParam());
    OwnedMessage message = sealed(plugins);
    EXPECT_FALSE(message.auth().contains("nonce"));
    change_iv(message);
    EXPECT_EQ(core::open_layer(message, plugins, context), Errc::auth_failed);
}

TEST_P(IvBindingTest, AnIvThatIsTheNonceOpensWhatItSealed) {
    const Plugins plugins = with_nonce("iv", GetParam());
    OwnedMessage message = sealed(plugins);
    ASSERT_FALSE(core::open_layer(message, plugins, context));
    EXPECT_EQ(message.uri(), "uri");
    EXPECT_EQ(message.content(), "content");
}

INSTANTIATE_TEST_SUITE_P(, IvBindingTest, testing::Values(Dialect::v0_0_9, Dialect::v0_0_8),
                         [](const auto& one) {
                             return one.param == Dialect::v0_0_9 ? "V009" : "V008";
                         });

}  // namespace
}  // namespace netaio
