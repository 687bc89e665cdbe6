#include <netaio/make.hpp>
#include <netaio/plugins.hpp>

namespace netaio {

OwnedMessage AuthPlugin::error() const {
    return netaio::error("auth failed");
}

}  // namespace netaio
