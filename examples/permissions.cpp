// An auth plugin of one's own: each member has a secret of theirs, signs with it, and may do what
// is written beside their name. Handlers say what one has to be allowed.
#include <iostream>
#include <map>
#include <netaio/netaio.hpp>
#include <set>

using namespace netaio;

struct Member {
    std::shared_ptr<const AuthPlugin> signature;
    std::set<std::string> may;
};
using Members = std::map<std::string, Member, std::less<>>;

// Signs as one member, beside whose name it puts HMAC's fields; lets those pass who may do this.
class Permission : public AuthPlugin {
public:
    Permission(const Members& members, std::string what, std::string self = "")
        : members_(members), what_(std::move(what)), self_(std::move(self)) {}

    std::error_code make(AuthFields& fields, ByteView body,
                         const PluginContext& context) const override {
        const auto self = members_.find(self_);
        if (self == members_.end()) {
            return {};  // who only answers needs no name
        }
        fields.set("member", self_);
        return self->second.signature->make(fields, body, context);
    }

    bool check(const AuthFields& fields, ByteView body,
               const PluginContext& context) const override {
        const auto name = fields.bytes("member");
        const auto member = name ? members_.find(std::string_view(*name)) : members_.end();
        return member != members_.end() && member->second.may.contains(what_) &&
               member->second.signature->check(fields, body, context);
    }

private:
    const Members& members_;
    std::string what_;
    std::string self_;
};

std::shared_ptr<const AuthPlugin> signature(std::string secret) {
    // The node's own layer may use "hmac".
    return hmac_auth({.secret = Secret(std::move(secret)), .hmac_field = "signature"});
}

const Members members = {
    {"hub", {signature("the hub's secret"), {"answer"}}},
    {"ada", {signature("ada's secret"), {"read", "write"}}},
    {"bob", {signature("bob's secret"), {"read"}}},
};

// What the hub asks of others, and what others ask of the hub.
auto may(std::string what) {
    return std::make_shared<const Permission>(members, std::move(what), "hub");
}
auto as(std::string name) {
    return std::make_shared<const Permission>(members, "answer", std::move(name));
}

awaitable<void> session(std::uint16_t port) {
    TcpClient client({.auth = hmac_auth({.secret = "test"})});
    co_await client.connect("127.0.0.1", port);
    for (const std::string name : {"ada", "bob", "eve"}) {
        const auto self = as(name);
        const OwnedMessage wrote = co_await client.update("motd", "by " + name, {.auth = self});
        const OwnedMessage read = co_await client.request("motd", {.auth = self});
        std::cout << name << " writes: " << built_in_name(wrote.type())
                  << ", reads: " << built_in_name(read.type()) << ' ' << read.content() << '\n';
    }
}

int main() {
    TcpServer server({.port = 0, .auth = hmac_auth({.secret = "test"})});
    std::string motd = "empty";
    server.on(request_uri, {.auth = may("read")}, [&] { return motd; });
    server.on(update_uri, {.auth = may("write")},
              [&](const Message& message) { motd = message.content(); });
    if (const std::error_code error = server.start()) {
        std::cerr << "cannot listen: " << error.message() << '\n';
        return 1;
    }
    return run(session(server.port()));
}
