#include "spec/linearizability/format/edn.h"

#include <string>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "spec/linearizability/format/data_text.h"

namespace lockstep::linearizability::format {
namespace {

// The first value of the text as TextOf shows it, or "expected X at N".
std::string Read(const std::string& text) {
  EdnScanner scanner(text);
  Data data;
  if (!scanner.Read(data))
    return "expected " + scanner.error().expected + " at " + std::to_string(scanner.error().offset);
  return TextOf(data, 0);
}

TEST(EdnTest, Scalars) {
  EXPECT_EQ(Read("nil"), "nil");
  EXPECT_EQ(Read("true"), "true");
  EXPECT_EQ(Read("-17"), "-17");
  EXPECT_EQ(Read("+5"), "5");
  EXPECT_EQ(Read("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Read("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Read("42N"), "42");
  EXPECT_EQ(Read("9223372036854775808"), "9223372036854775808");  // kept as spelled
  EXPECT_EQ(Read("1.5e3"), "1.5e3");
  EXPECT_EQ(Read("3/4"), "3/4");
  EXPECT_EQ(Read("##NaN"), "NaN");
  EXPECT_EQ(Read(":timed-out"), ":timed-out");
  EXPECT_EQ(Read(":jepsen/op"), ":jepsen/op");
  EXPECT_EQ(Read("clojure.core/inc"), "clojure.core/inc");
  EXPECT_EQ(Read("-"), "-");
  EXPECT_EQ(Read("\\a"), "\"a\"");
  EXPECT_EQ(Read("\\newline"), "\"newline\"");
}

TEST(EdnTest, Strings) {
  EXPECT_EQ(Read(R"("plain")"), "\"plain\"");
  EXPECT_EQ(Read(R"("a\"b\\c\nd\te")"), "\"a\"b\\c\nd\te\"");
  EXPECT_EQ(Read("\"two\nlines\""), "\"two\nlines\"");
  EXPECT_EQ(Read(R"("\u00e9\u20ac")"), "\"é€\"");
  EXPECT_EQ(Read(R"("\ud83d\ude00")"), "\"😀\"");  // one character beyond U+FFFF, two escapes
  EXPECT_EQ(Read(R"("\101")"), "\"A\"");
}

TEST(EdnTest, Collections) {
  EXPECT_EQ(Read("[]"), "[]");
  EXPECT_EQ(Read("(1, 2 3)"), "[1 2 3]");
  EXPECT_EQ(Read("#{1 2}"), "#{1 2}");
  EXPECT_EQ(Read("{:a 1, :b [2 {:c nil}]}"), "{:a 1 :b [2 {:c nil}]}");
  EXPECT_EQ(Read("[1;comment ]\n2]"), "[1 2]");
  EXPECT_EQ(Read("[[[[]]]]"), "[[[[]]]]");
}

TEST(EdnTest, TagsMetadataAndDiscardsLeaveNothing) {
  EXPECT_EQ(Read("#jepsen.history.Op{:type :ok}"), "{:type :ok}");
  EXPECT_EQ(Read("#inst \"1985\""), "\"1985\"");
  EXPECT_EQ(Read("[1 #_ 2 3 #_4]"), "[1 3]");
  EXPECT_EQ(Read("#_ [1 2] 3"), "3");
  EXPECT_EQ(Read("^{:doc \"x\"} [1]"), "[1]");
  EXPECT_EQ(Read("#:a{:b 1}"), "{:b 1}");
}

TEST(EdnTest, ErrorsSayWhatWasExpectedAndWhere) {
  EXPECT_EQ(Read(""), "expected a value at 0");
  EXPECT_EQ(Read("[1 2"), "expected ']' to close the vector or another value at 4");
  EXPECT_EQ(Read("(1 2]"), "expected ')' to close the list or another value at 4");
  EXPECT_EQ(Read("{:a 1"), "expected '}' to close the map or another value at 5");
  EXPECT_EQ(Read("{:a}"), "expected a value for the map's last key at 3");
  EXPECT_EQ(Read("\"abc"), "expected a string with a closing '\"' at 0");
  EXPECT_EQ(Read("\"a\\qb\""), "expected one of the escapes \\t \\n \\r \\b \\f \\\\ \\\" \\uXXXX at 2");
  EXPECT_EQ(Read("\"\\u12x4\""), "expected \\u and four hexadecimal digits at 1");
  EXPECT_EQ(Read("[: 1]"), "expected a keyword's name behind ':' at 1");
  EXPECT_EQ(Read("12ab"), "expected a number at 0");
  EXPECT_EQ(Read("]"), "expected a value at 0");
  EXPECT_EQ(Read(std::string(1000, '[')), "expected at most 200 nested collections at 201");
}

TEST(EdnTest, OffsetsPointIntoTheText) {
  const std::string text = " [ :a #tag \"b\" ]";
  EdnScanner scanner(text);
  Data data;
  ASSERT_TRUE(scanner.Read(data));
  EXPECT_EQ(data[0].offset, 1u);
  EXPECT_EQ(data[1].offset, 3u);
  EXPECT_EQ(data[2].offset, 11u);
  EXPECT_EQ(scanner.offset(), text.size());
}

// No text makes the scanner read past its end or stand still.
RC_GTEST_PROP(EdnPropertyTest, AnyTextIsReadToItsEndOrRefused, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("[", "]", "(", ")", "{", "}", "#{", "#_", "#t ", "^", "\"", "\\", "\\u12", ":a",
                                    "1", "-", "nil", " ", ";", "\n", "x", "#"));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  EdnScanner scanner(text);
  Data data;
  while (true) {
    scanner.SkipBlanks();
    if (scanner.AtEnd()) break;
    const size_t before = scanner.offset();
    data.Clear();
    if (!scanner.Read(data)) {
      RC_ASSERT(scanner.error().offset <= text.size());
      break;
    }
    RC_ASSERT(scanner.offset() > before);
    RC_ASSERT(scanner.offset() <= text.size());
    RC_ASSERT(data[0].next == data.size());
  }
}

}  // namespace
}  // namespace lockstep::linearizability::format
