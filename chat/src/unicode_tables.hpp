#pragma once

/// Facts about characters, of Unicode 15.0.
namespace netaio::chat {

/// Whether it must be spelled out to be seen: controls, format characters, line and paragraph
/// separators, other default-ignorable ones, blanks that are no spaces, private ones and such as
/// are none.
bool is_hidden(char32_t point) noexcept;
/// Whether it is drawn upon what precedes it, and takes no cell: marks, and the vowels and finals
/// of Hangul.
bool is_combining(char32_t point) noexcept;
/// Whether it is one of Unicode's spaces.
bool is_space(char32_t point) noexcept;
/// Whether it takes two cells.
bool is_wide(char32_t point) noexcept;
/// Whether it is or may be drawn as an emoji.
bool is_pictographic(char32_t point) noexcept;
/// Whether it is one of the two that a flag is made of.
bool is_flag_letter(char32_t point) noexcept;
/// Whether it gives the emoji before it a colour of skin.
bool is_skin(char32_t point) noexcept;

/// Whether it is a letter, a mark or a digit of any script, from U+00A0 on.
bool is_letter(char32_t point) noexcept;
/// A letter of Latin, Greek or Cyrillic in small and without marks, others as they are.
char32_t small_letter(char32_t point) noexcept;
/// What stands for all that look like it: the small Latin letter, where there is one.
char32_t shape_of(char32_t point) noexcept;

}  // namespace netaio::chat
