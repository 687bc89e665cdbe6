#pragma once

#include <memory>
#include <netaio/plugins.hpp>

namespace netaio {

/// A plugin lent for the time of a call: converts from the shared pointer it was made as, which
/// must stay until the call returns (an awaited one: until it is first suspended). The call then
/// holds its own share.
template <class Plugin>
class PluginRef {
    // Options of waiting calls hold nothing that has a destructor, since g++ 12 destroys the
    // members of aggregates made within a co_await expression twice.
public:
    constexpr PluginRef() noexcept = default;
    constexpr PluginRef(std::nullptr_t) noexcept {}
    PluginRef(const std::shared_ptr<const Plugin>& plugin) noexcept : plugin_(&plugin) {}

    /// A share of the plugin; null when there is none.
    std::shared_ptr<const Plugin> share() const { return plugin_ ? *plugin_ : nullptr; }

private:
    const std::shared_ptr<const Plugin>* plugin_ = nullptr;
};

}  // namespace netaio
