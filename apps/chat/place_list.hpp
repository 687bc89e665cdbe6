#pragma once

#include <vector>

#include "model.hpp"
#include "row.hpp"

namespace netaio::chat_app {

/// The rooms and people of a model with their numbers, in at most so many rows of at most so many
/// columns, of which there are 12 at least. Who is chosen is among them.
std::vector<Row> place_list(const Model& model, std::size_t columns, std::size_t rows);

}  // namespace netaio::chat_app
