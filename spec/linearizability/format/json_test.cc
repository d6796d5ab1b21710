#include "spec/linearizability/format/json.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "spec/linearizability/format/data_text.h"

namespace lockstep::linearizability::format {
namespace {

std::string Show(bool ok, const Data& data, const ParseError& error, size_t end) {
  if (!ok) return "expected " + error.expected + " at " + std::to_string(error.offset);
  std::string text = TextOf(data, 0) + " to " + std::to_string(end) + " offsets";
  for (uint32_t i = 0; i < data.size(); ++i) text += " " + std::to_string(data[i].offset);
  return text;
}

std::string Read(const std::string& text) {
  JsonScanner scanner(text);
  Data data;
  const bool ok = scanner.Read(data);
  return Show(ok, data, scanner.error(), scanner.offset());
}

std::string ReadWithNlohmannOnly(const std::string& text) {
  Data data;
  ParseError error;
  size_t at = 0;
  const bool ok = ReadJsonWithNlohmann(text, &at, data, &error);
  return Show(ok, data, error, at);
}

TEST(JsonTest, ReadsWhatIsPlain) {
  EXPECT_EQ(Read(R"({"a": [1, -2, null], "b": {"c": true}, "d": "x"} {)"),
            R"({"a" [1 -2 nil] "b" {"c" true} "d" "x"} to 48 offsets 0 1 6 7 10 14 21 26 27 32 39 44)");
  EXPECT_EQ(Read("[]"), "[] to 2 offsets 0");
}

TEST(JsonTest, LeavesTheRestToNlohmann) {
  EXPECT_EQ(Read(R"(["\u00e9\n", 1.5, 18446744073709551615, 9223372036854775807, "ü"])"),
            "[\"é\n\" 1.5 18446744073709551615 9223372036854775807 \"ü\"] to 66 offsets 0 1 13 18 40 61");
}

TEST(JsonTest, ErrorsSayWhatWasExpectedAndWhere) {
  EXPECT_EQ(Read(R"({"a" 1})"), "expected ':' at 5");
  EXPECT_EQ(Read(R"({"a": 1,})"), "expected string literal at 8");
  EXPECT_EQ(Read(R"([1 2])"), "expected ']' at 3");
  EXPECT_EQ(Read(R"({"a": )"), "expected '[', '{', or a literal at 6");
  EXPECT_NE(Read("[\"\x01\"]").find("expected well-formed JSON (syntax error while parsing value - invalid string"),
            std::string::npos);
  EXPECT_EQ(Read(std::string(1000, '[')), "expected at most 200 nested collections at 201");
}

// The oracle of the short reader is nlohmann's parser: same data, same offsets, same end, same errors.
RC_GTEST_PROP(JsonPropertyTest, BothReadersAgree, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "[", "]", "{", "}", ",", ":", "\"a\"", "\"\\n\"", "\"é\"", "0", "-1", "12", "01", "1.5", "-", "1e3",
      "999999999999999999", "1000000000000000000", "null", "true", "false", "nul", " ", "\n", "\""));
  std::string text = *rc::gen::element<std::string>("[", "{");
  for (const std::string& piece : pieces) text += piece;
  RC_ASSERT(Read(text) == ReadWithNlohmannOnly(text));
}

// Well-formed text, so that the agreement is not only about errors.
std::string SomeJson(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 6 : 4)) {
    case 0:
      return std::to_string(*rc::gen::arbitrary<int64_t>());
    case 1:
      return *rc::gen::element<std::string>("null", "true", "false", "0", "-7", "2.5", "1e-3");
    case 2:
      return *rc::gen::element<std::string>(R"("")", R"("abc")", R"("a\"b")", R"("\u20ac")", R"("ä")", R"(" ~")");
    case 3:
      return std::to_string(*rc::gen::inRange(-5, 100));
    case 4: {
      std::string text = "[";
      const int items = *rc::gen::inRange(0, 4);
      for (int i = 0; i < items; ++i) text += (i > 0 ? " , " : "") + SomeJson(depth - 1);
      return text + "]";
    }
    default: {
      std::string text = "{ ";
      const int items = *rc::gen::inRange(0, 4);
      for (int i = 0; i < items; ++i)
        text += (i > 0 ? ",\n\"k" : "\"k") + std::to_string(i) + "\": " + SomeJson(depth - 1);
      return text + " }";
    }
  }
}

RC_GTEST_PROP(JsonPropertyTest, BothReadersAgreeOnWellFormedText, ()) {
  const std::string text = "[" + SomeJson(3) + ", " + SomeJson(3) + "]";
  const std::string read = Read(text);
  RC_ASSERT(read.substr(0, 8) != "expected");
  RC_ASSERT(read == ReadWithNlohmannOnly(text));
}

}  // namespace
}  // namespace lockstep::linearizability::format
