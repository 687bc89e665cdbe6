#pragma once

#include <netaio/plugins.hpp>

namespace netaio::test {

/// Believes that each message is from whomever it names: `test:alice`; from nobody where it names
/// none.
class NamingAuth final : public AuthPlugin {
public:
    explicit NamingAuth(std::string own_name = {}, std::string field = "name")
        : own_name_(std::move(own_name)), field_(std::move(field)) {}

    std::error_code make(AuthFields& fields, ByteView, const PluginContext&) const override {
        fields.set(field_, own_name_);
        return {};
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext& context) const override {
        if (const auto name = fields.bytes(field_); name && !name->empty()) {
            context.vouch(Identity{"test", name->str()});
        }
        return true;
    }

private:
    std::string own_name_;
    std::string field_;
};

/// One of that name, for options.
inline std::shared_ptr<const AuthPlugin> named(std::string name = {}, std::string field = "name") {
    return std::make_shared<const NamingAuth>(std::move(name), std::move(field));
}

}  // namespace netaio::test
