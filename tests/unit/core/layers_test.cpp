#include "core/layers.hpp"

#include <gtest/gtest.h>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;

// Notes in a list what it is asked to do.
class NotingAuth final : public AuthPlugin {
public:
    NotingAuth(std::string name, std::vector<std::string>& notes, std::error_code made = {},
               bool accepts = true)
        : name_(std::move(name)), notes_(notes), made_(made), accepts_(accepts) {}

    std::error_code make(AuthFields& fields, ByteView, const PluginContext&) const override {
        notes_.push_back("make " + name_);
        fields.set(name_, "made");
        return made_;
    }
    bool check(const AuthFields&, ByteView, const PluginContext&) const override {
        notes_.push_back("check " + name_);
        return accepts_;
    }
    bool is_peer_specific() const noexcept override { return name_ == "specific"; }

private:
    std::string name_;
    std::vector<std::string>& notes_;
    std::error_code made_;
    bool accepts_;
};

class NotingCipher final : public CipherPlugin {
public:
    NotingCipher(std::string name, std::vector<std::string>& notes, std::error_code result = {})
        : name_(std::move(name)), notes_(notes), result_(result) {}

    std::error_code encrypt(Body&, AuthFields&, const PluginContext&) const override {
        notes_.push_back("encrypt " + name_);
        return result_;
    }
    std::error_code decrypt(Body&, const AuthFields&, const PluginContext&) const override {
        notes_.push_back("decrypt " + name_);
        return result_;
    }
    bool is_peer_specific() const noexcept override { return name_ == "specific"; }

private:
    std::string name_;
    std::vector<std::string>& notes_;
    std::error_code result_;
};

struct LayersTest : testing::Test {
    using Notes = std::vector<std::string>;

    Plugins layer(const char* name) {
        return {std::make_shared<NotingAuth>(name, notes),
                std::make_shared<NotingCipher>(name, notes)};
    }

    Notes notes;
    Environment environment = fixed_environment();
    PluginContext context{.environment = environment};
    OwnedMessage message = publish("uri", "content");
};

TEST_F(LayersTest, SealsTheInnerLayerFirstAndEncryptsBeforeItAuthenticates) {
    ASSERT_FALSE(seal(message, layer("inner"), layer("outer"), context));
    EXPECT_EQ(notes, (Notes{"encrypt inner", "make inner", "encrypt outer", "make outer"}));
}

TEST_F(LayersTest, ChecksALayerBeforeItDecrypts) {
    ASSERT_FALSE(open_layer(message, layer("outer"), context));
    EXPECT_EQ(notes, (Notes{"check outer", "decrypt outer"}));
}

TEST_F(LayersTest, StopsSealingAtTheFirstError) {
    Plugins inner = layer("inner");
    inner.cipher = std::make_shared<NotingCipher>("inner", notes, Errc::encrypt_failed);
    EXPECT_EQ(seal(message, inner, layer("outer"), context), Errc::encrypt_failed);
    EXPECT_EQ(notes, Notes{"encrypt inner"});

    notes.clear();
    inner = layer("inner");
    inner.auth = std::make_shared<NotingAuth>("inner", notes, Errc::auth_not_possible);
    EXPECT_EQ(seal(message, inner, layer("outer"), context), Errc::auth_not_possible);
    EXPECT_EQ(notes, (Notes{"encrypt inner", "make inner"}));
}

TEST_F(LayersTest, NeverDecryptsWhatFailedItsCheck) {
    Plugins outer = layer("outer");
    outer.auth = std::make_shared<NotingAuth>("outer", notes, std::error_code(), false);
    EXPECT_EQ(open_layer(message, outer, context), Errc::auth_failed);
    EXPECT_EQ(notes, Notes{"check outer"});
    EXPECT_EQ(message.content(), "content");
}

TEST_F(LayersTest, TakesNoOtherReasonOfAnAuthPluginThanAFailure) {
    class Odd final : public AuthPlugin {
    public:
        explicit Odd(Errc why) : why_(why) {}
        std::error_code make(AuthFields&, ByteView, const PluginContext&) const override {
            return {};
        }
        bool check(const AuthFields&, ByteView, const PluginContext& context) const override {
            return context.refuse(why_);
        }

    private:
        Errc why_;
    };
    for (const Errc why : {Errc{}, Errc::malformed, Errc::decrypt_failed}) {
        const Plugins odd{.auth = std::make_shared<Odd>(why)};
        EXPECT_EQ(open_layer(message, odd, context), Errc::auth_failed);
    }
    EXPECT_EQ(open_layer(message, {.auth = std::make_shared<Odd>(Errc::stale)}, context),
              Errc::stale);
}

TEST_F(LayersTest, HandsOnWhatTheCipherSays) {
    Plugins outer;
    outer.cipher = std::make_shared<NotingCipher>("outer", notes, Errc::decrypt_failed);
    EXPECT_EQ(open_layer(message, outer, context), Errc::decrypt_failed);
}

TEST_F(LayersTest, DoNothingWithoutPlugins) {
    ASSERT_FALSE(seal(message, {}, {}, context));
    ASSERT_FALSE(open_layer(message, {}, context));
    EXPECT_TRUE(message.auth().empty());
    EXPECT_EQ(message.content(), "content");
}

TEST_F(LayersTest, OpenWhatTheySealed) {
    for (const bool hide_inner : {false, true}) {
        const Plugins outer = hmac_and_cipher("outer");
        const Plugins inner{.auth = hmac_auth({.secret = "inner", .hmac_field = "hmac2"}),
                            .cipher = stream_cipher(
                                {.key = "inner", .iv_field = "iv2", .encrypt_uri = hide_inner})};
        OwnedMessage sealed = publish("uri", "content");
        ASSERT_FALSE(seal(sealed, inner, outer, context));
        EXPECT_NE(sealed.uri(), "uri");
        ASSERT_FALSE(open_layer(sealed, outer, context));
        EXPECT_EQ(sealed.uri() == "uri", !hide_inner);
        EXPECT_NE(sealed.content(), "content");
        ASSERT_FALSE(open_layer(sealed, inner, context));
        EXPECT_EQ(sealed.uri(), "uri");
        EXPECT_EQ(sealed.content(), "content");
    }
}

TEST_F(LayersTest, ArePeerSpecificWhenOneOfTheirPluginsIs) {
    EXPECT_FALSE(is_peer_specific({}));
    EXPECT_FALSE(is_peer_specific(layer("shared")));
    EXPECT_TRUE(is_peer_specific({.auth = std::make_shared<NotingAuth>("specific", notes)}));
    EXPECT_TRUE(is_peer_specific({.cipher = std::make_shared<NotingCipher>("specific", notes)}));
}

}  // namespace
}  // namespace netaio::core
