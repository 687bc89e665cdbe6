#include <netaio/added_field.hpp>

#include "fixed_fields.hpp"

namespace netaio {

const wire::FixedFields* AddedField::encode() const {
    AuthFields fields;
    add_to(fields);
    if (auto made = wire::FixedFields::make(fields)) {
        alone_ = std::make_shared<const wire::FixedFields>(std::move(*made));
    }
    return alone_.get();
}

}  // namespace netaio
