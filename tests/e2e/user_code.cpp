#include "user_code.hpp"

namespace netaio::test {
namespace {

constexpr std::string_view field = "told";

class HookedAuth final : public AuthPlugin {
public:
    explicit HookedAuth(Hook hook) : hook_(std::move(hook)) {}

    std::error_code make(AuthFields& fields, ByteView, const PluginContext&) const override {
        hook_(Spot::auth_make);
        fields.set(field, "yes");
        return {};
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext&) const override {
        hook_(Spot::auth_check);
        return fields.contains(field);
    }
    OwnedMessage error() const override {
        hook_(Spot::auth_error);
        return AuthPlugin::error();
    }

private:
    Hook hook_;
};

class HookedCipher final : public CipherPlugin {
public:
    explicit HookedCipher(Hook hook) : hook_(std::move(hook)) {}

    std::error_code encrypt(Body& body, AuthFields&, const PluginContext&) const override {
        hook_(Spot::cipher_encrypt);
        return turn(body);
    }
    std::error_code decrypt(Body& body, const AuthFields&, const PluginContext&) const override {
        hook_(Spot::cipher_decrypt);
        return turn(body);
    }

private:
    static std::error_code turn(Body& body) {
        for (char& byte : body.mutable_content()) {
            byte = static_cast<char>(byte ^ 0x55);
        }
        return {};
    }

    Hook hook_;
};

class HookedPeerPlugin final : public PeerPlugin {
public:
    explicit HookedPeerPlugin(Hook hook) : hook_(std::move(hook)) {}

    bool validate(const Peer& peer) const override {
        hook_(Spot::peer_validate);
        return plain_.validate(peer);
    }
    Result<Value> parse_data(const Peer& peer) const override { return plain_.parse_data(peer); }
    Result<std::string> encode_data(const Value& data) const override {
        return plain_.encode_data(data);
    }
    Result<std::string> pack(const Peer& peer) const override {
        hook_(Spot::peer_pack);
        return plain_.pack(peer);
    }
    Result<Peer> unpack(ByteView packed) const override {
        hook_(Spot::peer_unpack);
        return plain_.unpack(packed);
    }

private:
    Hook hook_;
    DefaultPeer plain_;
};

}  // namespace

std::shared_ptr<const AuthPlugin> hooked_auth(Hook hook) {
    return std::make_shared<HookedAuth>(std::move(hook));
}

std::shared_ptr<const CipherPlugin> hooked_cipher(Hook hook) {
    return std::make_shared<HookedCipher>(std::move(hook));
}

std::shared_ptr<const PeerPlugin> hooked_peer_plugin(Hook hook) {
    return std::make_shared<HookedPeerPlugin>(std::move(hook));
}

KeyExtractor hooked_extractor(Hook hook) {
    return [hook = std::move(hook)](const Message& message, const Address& from) -> KeyList {
        hook(Spot::key_extractor);
        return {KeyView{message.type(), message.uri(), &from},
                KeyView{message.type(), message.uri()}, KeyView{message.type()}};
    };
}

}  // namespace netaio::test
