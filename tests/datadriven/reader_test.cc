#include "tests/datadriven/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::datadriven {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Directive> MustParse(std::string_view text) {
  absl::StatusOr<std::vector<Directive>> directives = Parse("file.txt", text);
  EXPECT_TRUE(directives.ok()) << directives.status();
  return directives.ok() ? *directives : std::vector<Directive>();
}

TEST(ReaderTest, ReadsNameArgumentsInputAndExpectation) {
  const auto directives = MustParse("# note\n\ncommitted cfg=(1, 2,3) plain key=value\nin 1\nin 2\n----\nout\n");
  ASSERT_EQ(directives.size(), 1u);
  const Directive& directive = directives[0];
  EXPECT_EQ(directive.name, "committed");
  EXPECT_EQ(directive.line, 3);
  EXPECT_EQ(directive.expected_line, 7);
  EXPECT_THAT(directive.arguments,
              ElementsAre(Argument{"cfg", {"1", "2", "3"}}, Argument{"plain", {}}, Argument{"key", {"value"}}));
  EXPECT_THAT(directive.input, ElementsAre("in 1", "in 2"));
  EXPECT_THAT(directive.expected, ElementsAre("out"));
  EXPECT_EQ(directive.Value("key"), "value");
  EXPECT_EQ(directive.Value("absent", "fallback"), "fallback");
  EXPECT_EQ(directive.Place(), "file.txt:3");
}

TEST(ReaderTest, AnEmptyLineEndsAnExpectation) {
  const auto directives = MustParse("a\n----\n\nb\n----\none\ntwo\n\n\n# note\nc\n----\n");
  ASSERT_EQ(directives.size(), 3u);
  EXPECT_THAT(directives[0].expected, IsEmpty());
  EXPECT_THAT(directives[1].expected, ElementsAre("one", "two"));
  EXPECT_EQ(directives[2].line, 11);
}

TEST(ReaderTest, ABackslashJoinsLines) {
  const auto directives = MustParse("a x=1 \\\n  y=2\n----\n");
  ASSERT_EQ(directives.size(), 1u);
  EXPECT_THAT(directives[0].arguments, ElementsAre(Argument{"x", {"1"}}, Argument{"y", {"2"}}));
}

TEST(ReaderTest, SaysWhereAFileCannotBeRead) {
  EXPECT_THAT(std::string(Parse("f", "\na\nb\n").status().message()), HasSubstr("f:2: no line ----"));
  EXPECT_THAT(std::string(Parse("f", "a x=(1,2\n----\n").status().message()), HasSubstr("f:1: a parenthesis"));
  EXPECT_THAT(std::string(Parse("f", "a =1\n----\n").status().message()), HasSubstr("f:1: an argument"));
  EXPECT_TRUE(absl::IsNotFound(ReadDirectives("no/such/file").status()));
}

TEST(ReaderTest, NamesFileAndLineOfTheFirstDifference) {
  const auto directives = MustParse("a\n----\none\ntwo\n");
  ASSERT_EQ(directives.size(), 1u);
  EXPECT_TRUE(CompareOutput(directives[0], "one\ntwo\n").ok());
  EXPECT_TRUE(CompareOutput(directives[0], "one  \ntwo").ok());
  EXPECT_THAT(std::string(CompareOutput(directives[0], "one\n2\n").message()), HasSubstr("file.txt:4: "));
  EXPECT_THAT(std::string(CompareOutput(directives[0], "one\n").message()), HasSubstr("actual:   (nothing more)"));
  EXPECT_THAT(std::string(CompareOutput(directives[0], "one\ntwo\nthree").message()), HasSubstr("file.txt:5: "));
}

TEST(ReaderTest, NumbersAndWords) {
  EXPECT_EQ(*ParseNumber("18446744073709551615"), 18446744073709551615u);
  EXPECT_FALSE(ParseNumber("").ok());
  EXPECT_FALSE(ParseNumber("-1").ok());
  EXPECT_FALSE(ParseNumber("1x").ok());
  EXPECT_THAT(Words("  a bc\td "), ElementsAre("a", "bc", "d"));
}

}  // namespace
}  // namespace lockstep::datadriven
