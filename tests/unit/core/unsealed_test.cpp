#include "core/unsealed.hpp"

#include <gtest/gtest.h>

#include "datagram_testbed.hpp"
#include "stream_testbed.hpp"
#include "support/working_auth.hpp"

/// For whom a message is made that waits for the work of a plugin.
namespace netaio::core {
namespace {

using namespace test;

// Believes whomever a message names, and makes what goes to somebody for that one, after some work.
class SlowNamingAuth final : public AuthPlugin {
public:
    std::error_code make(AuthFields& fields, ByteView,
                         const PluginContext& context) const override {
        if (!*context.work) {
            *context.work = works.emplace_back(std::make_shared<netaio::test::FakeWork>());
            return Errc::pending;
        }
        fields.set("for", context.who ? context.who->str() : "many");
        return {};
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext& context) const override {
        context.vouch(Identity{"test", fields.bytes("name").value_or("nobody").str()});
        return true;
    }
    bool is_peer_specific() const noexcept override { return true; }

    mutable std::vector<std::shared_ptr<netaio::test::FakeWork>> works;
};

struct UnsealedTest : testing::Test {
    static std::string from(const char* name, MessageType type = MessageType::request_uri) {
        OwnedMessage message(type, "uri");
        message.auth().set("name", ByteView(name));
        std::string out;
        EXPECT_FALSE(encode_message(message, out));
        return out;
    }
    void end_works() {
        for (const auto& work : auth->works) {
            work->end();
        }
    }

    std::shared_ptr<SlowNamingAuth> auth = std::make_shared<SlowNamingAuth>();
    Plugins outer{.auth = auth};
};

TEST_F(UnsealedTest, AnAnswerOnAConnectionIsForWhoAskedWhateverCameMeanwhile) {
    TestStream server(Role::server, outer);
    server.node->router.add(Key(MessageType::request_uri), answering("answer"));
    server.receive(from("alice"));
    server.receive(from("bob"));
    end_works();
    const auto sent = server.sent();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].auth().bytes("for"), ByteView("test:alice"));
    EXPECT_EQ(sent[1].auth().bytes("for"), ByteView("test:bob"));
}

class UnsealedDatagramTest : public UnsealedTest {
protected:
    UnsealedDatagramTest() { node.core.set_mailbox(mailbox); }
    ~UnsealedDatagramTest() override { mailbox->close(); }

    std::vector<std::string> sent_for() {
        end_works();
        for (const auto& what : std::exchange(posted, {})) {
            what();
        }
        std::vector<std::string> whom;
        for (const auto& each : node.take()) {
            const OwnedMessage message = each.message();
            whom.push_back(message.auth().bytes("for").value_or("").str());
        }
        return whom;
    }

    std::vector<Mailbox::What> posted;
    std::shared_ptr<Mailbox> mailbox =
        std::make_shared<Mailbox>([this](auto what) { posted.push_back(what); });
    TestDatagrams node{"local", {}, outer};
};

TEST_F(UnsealedDatagramTest, AnAnswerIsForWhoAskedWhateverCameMeanwhile) {
    node.node->router.add(Key(MessageType::request_uri), answering("answer"));
    node.receive(from("alice"));
    node.receive(from("bob"));
    EXPECT_EQ(sent_for(), (std::vector<std::string>{"test:alice", "test:bob"}));
}

TEST_F(UnsealedDatagramTest, ANotificationIsForWhoSubscribed) {
    node.node->router.add(Key(MessageType::subscribe_uri),
                          calling([this](const Message& asked, Source& source) {
                              EXPECT_FALSE(node.core.subscribe(asked.uri(), source.remote()));
                              return std::nullopt;
                          }));
    node.receive(from("alice", MessageType::subscribe_uri));
    node.node->router.add(Key(MessageType::request_uri), answering("answer"));
    EXPECT_FALSE(node.core.notify("uri", notify("uri", ""), {}, outer));
    node.receive(from("bob"));
    EXPECT_EQ(sent_for(), (std::vector<std::string>{"test:alice", "test:bob"}));
    EXPECT_FALSE(node.core.notify("uri", notify("uri", ""), {}, outer));
    EXPECT_EQ(sent_for(), std::vector<std::string>{"test:alice"});
}

}  // namespace
}  // namespace netaio::core
