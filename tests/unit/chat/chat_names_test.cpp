#include <netaio/packify.hpp>

#include "chat_testbed.hpp"

namespace netaio::chat {
namespace {

// Names that who was verified takes later.
struct ChatNamesTest : ChatTest {
    ChatNamesTest() {
        EXPECT_FALSE(ann.chat->met(cyd.key(), "cyd"));
        ann.chat->verify(cyd.key());
    }
};

TEST_F(ChatNamesTest, WhoWasVerifiedTakesNobodysPlaceByTakingTheirName) {
    EXPECT_FALSE(ann.chat->know(bob.key(), "bob"));
    EXPECT_TRUE(ann.chat->say(bob.key(), "hello"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "b0b"));
    EXPECT_TRUE(ann.chat->say(bob.key(), "are you there?"));
    EXPECT_EQ(ann.view(bob).name, "bob");
    EXPECT_EQ(ann.view(cyd).name, "cyd");
    ASSERT_EQ(ann.notices.size(), 1u);
    EXPECT_EQ(ann.notices[0].kind, Notice::Kind::other_name);
    EXPECT_EQ(ann.notices[0].place, Place(cyd.key()));
    EXPECT_EQ(ann.notices[0].text.find("cyd, whom you verified, calls themselves b0b now"), 0u);
    ann.begin();
    EXPECT_EQ(ann.view(cyd).name, "cyd");
    EXPECT_TRUE(ann.chat->say(bob.key(), "hello?"));
    ann.chat->verify(bob.key());
    EXPECT_TRUE(ann.chat->say(cyd.key(), "who are you now?"));
    EXPECT_TRUE(ann.view(bob).verified);
}

TEST_F(ChatNamesTest, WhoWasVerifiedIsShownByANewNameThatIsNobodys) {
    EXPECT_FALSE(ann.chat->met(cyd.key(), "Cydney\n"));
    EXPECT_EQ(ann.view(cyd).name, "Cydney\n");
    ASSERT_EQ(ann.notices.size(), 1u);
    EXPECT_EQ(ann.notices[0].text, "cyd, whom you verified, calls themselves Cydney<U+000A> now");
    const PublicKey other = Identity::make(*Environment().random).public_key();
    EXPECT_EQ(ann.chat->met(other, "Cyd"), Errc::auth_failed) << "that name is still theirs";
    EXPECT_NE(ann.notices[1].text.find("than the cyd you verified"), std::string::npos);
    EXPECT_FALSE(ann.chat->met(cyd.key(), "cyd"));
    EXPECT_EQ(ann.notices.size(), 2u);
}

TEST_F(ChatNamesTest, WhoeverComesLaterByTheNewNameOfWhoWasVerifiedHasItAlone) {
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob"));
    EXPECT_EQ(ann.view(cyd).name, "bob");
    EXPECT_FALSE(ann.chat->met(bob.key(), "Bob"));
    EXPECT_EQ(ann.view(cyd).name, "cyd");
    EXPECT_TRUE(ann.chat->say(bob.key(), "hello"));
}

TEST_F(ChatNamesTest, TheNewNameIsShownOnceItIsAcceptedOrVerified) {
    EXPECT_FALSE(ann.chat->know(bob.key(), "bob"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob"));
    ann.chat->accept(cyd.key());
    EXPECT_EQ(ann.view(cyd).name, "bob");
    EXPECT_TRUE(ann.view(cyd).verified);
    EXPECT_TRUE(ann.chat->say(bob.key(), "hello"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "cyd"));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "b0b"));
    EXPECT_EQ(ann.view(cyd).name, "bob");
    ann.chat->verify(cyd.key());
    EXPECT_EQ(ann.view(cyd).name, "b0b");
    EXPECT_TRUE(ann.chat->say(bob.key(), "hello"));
}

TEST_F(ChatNamesTest, WhoWasVerifiedAndHasNoNameAnyMoreKeepsTheOneBefore) {
    EXPECT_FALSE(ann.chat->met(cyd.key(), ""));
    ann.chat->verify(cyd.key());
    ann.chat->accept(cyd.key());
    EXPECT_EQ(ann.view(cyd).name, "cyd");
    EXPECT_TRUE(ann.notices.empty());
    EXPECT_EQ(ann.chat->met(bob.key(), "cyd"), Errc::auth_failed);
}

TEST_F(ChatNamesTest, WhoIsVerifiedNoMoreIsRefusedByTheNameOfWhoIs) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob"));
    ann.chat->verify(bob.key());
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob"));
    EXPECT_TRUE(ann.chat->say(cyd.key(), "hello"));
    ann.chat->verify(cyd.key(), false);
    EXPECT_EQ(ann.chat->say(cyd.key(), "hello").error(), Errc::auth_failed);
}

TEST_F(ChatNamesTest, WhatWasSaidBeforeIsNoNews) {
    EXPECT_FALSE(ann.chat->met(bob.key(), "bob", 100));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "bob", 100));
    EXPECT_FALSE(ann.chat->met(cyd.key(), "cyd", 200));
    ann.begin();
    ann.notices.clear();
    for (const std::uint64_t at : {0u, 100u, 199u}) {
        EXPECT_FALSE(ann.chat->met(cyd.key(), "bob", at));
        EXPECT_EQ(ann.view(cyd).name, "cyd");
        EXPECT_TRUE(ann.view(cyd).present);
    }
    EXPECT_TRUE(ann.notices.empty());
    EXPECT_FALSE(ann.chat->know(cyd.key(), "Cydney")) << "that is somebody's own word";
    EXPECT_EQ(ann.view(cyd).name, "Cydney");
}

// Before it was kept by which names they were.
TEST_F(ChatNamesTest, WhoWasVerifiedOrAcceptedEarlierStaysSoByTheirName) {
    const auto keep = [&](const PublicKey& key, Dict fields) {
        Vault(ann.file, ann.identity.history_key(), ann.environment)
            .put("known", key.bytes(), pack(fields).value());
    };
    ann.chat.reset();
    keep(bob.key(), Dict{{"name", Bytes("bob")}, {"verified", true}});
    keep(cyd.key(), Dict{{"name", Bytes("bob")}, {"accepted", true}});
    ann.begin();
    EXPECT_TRUE(ann.view(bob).verified);
    ann.chat->verify(bob.key());
    EXPECT_TRUE(ann.chat->say(cyd.key(), "hello"));
    EXPECT_FALSE(ann.chat->met(bob.key(), "Ben"));
    EXPECT_EQ(ann.chat->met(Identity::make(*Environment().random).public_key(), "bob"),
              Errc::auth_failed);
}

TEST_F(ChatNamesTest, NobodyAsksForThePrekeysOfAKeyThatIsRefused) {
    EXPECT_TRUE(ann.chat->say(bob.key(), "hello"));
    EXPECT_EQ(ann.chat->wants_bundle().size(), 1u);
    EXPECT_EQ(ann.chat->met(bob.key(), "cyd"), Errc::auth_failed);
    EXPECT_TRUE(ann.chat->wants_bundle().empty());
    ann.chat->accept(bob.key());
    EXPECT_EQ(ann.chat->wants_bundle().size(), 1u);
}

}  // namespace
}  // namespace netaio::chat
