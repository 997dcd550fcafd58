#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "fhir/definitions/types.h"
#include "fhir/json/print.h"
#include "fhir/patch/fhirpath_patch.h"
#include "fhir/patch/same_value.h"
#include "tests/unit/fhir/path/suite_reader.h"

/// The FHIRPath Patch test suite of FHIR/fhir-test-cases, read where it stands. Its resources are
/// XML; they are turned into JSON by the definitions.
namespace kap::fhir::patch {
namespace {

using definitions::Primitive;
using definitions::TypeDef;
using definitions::TypeKind;
using json::Document;
using json::Value;
using path::testing::XmlElement;

/// Cases that are not run, by their name, each with its reason.
const std::map<std::string, std::string, std::less<>> kSkipped{};

std::string read_suite() {
  const char* shared = std::getenv("KAP_SHARED");
  const std::filesystem::path root =
      shared != nullptr ? shared : std::string(KAP_SOURCE_DIR) + "/../shared";
  std::ifstream in(root / "test-suites/patch-r4/fhir-patch-tests.xml", std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// XHTML compares with its white space collapsed and quotes plain: the suite's output indents it
/// otherwise than its diff does.
std::string normalized(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("&quot;")) {
      out += '"';
      i += 5;
    } else if (std::string_view(" \t\r\n").find(text[i]) == std::string_view::npos) {
      out += text[i];
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

class Converter {
 public:
  explicit Converter(Document& document) : document_(document) {}

  Value resource(const XmlElement& xml) {
    Value out = Document::object();
    document_.add(out, "resourceType", document_.string(xml.name));
    fill(out, xml, *definitions::find_resource_type(xml.name));
    return out;
  }

 private:
  Value primitive(const XmlElement& xml, Primitive type) {
    const std::string text = xml.attribute("value");
    switch (type) {
      case Primitive::kBoolean:
        return Value(text == "true");
      case Primitive::kInteger:
      case Primitive::kDecimal:
      case Primitive::kPositiveInt:
      case Primitive::kUnsignedInt:
        return document_.number(text);
      case Primitive::kXhtml:
        return document_.string(normalized(xml.source));
      default:
        return document_.string(text);
    }
  }

  void fill(Value& object, const XmlElement& xml, const TypeDef& type) {
    for (const auto& [name, text] : xml.attributes)
      if (name == "id" || name == "url") document_.add(object, name, document_.string(text));
    for (const XmlElement& child : xml.children) {
      const auto* member = definitions::resolve_member(type, child.name);
      ASSERT_NE(member, nullptr) << type.name << '.' << child.name;
      const TypeDef& child_type = *member->type->type;
      const bool is_primitive = child_type.kind == TypeKind::kPrimitive;
      Value value;
      if (child_type.kind == TypeKind::kResource) {
        value = resource(child.children.front());
      } else if (is_primitive) {
        value = primitive(child, child_type.primitive);
      } else {
        value = Document::object();
        fill(value, child, child_type);
      }
      put(object, child.name, value, member->element->is_list());
      if (!is_primitive || child.children.empty() || child_type.primitive == Primitive::kXhtml)
        continue;
      Value sibling = Document::object();
      fill(sibling, child, child_type);
      put(object, '_' + child.name, sibling, member->element->is_list());
    }
  }

  void put(Value& object, const std::string& name, Value value, bool is_list) {
    if (!is_list) {
      document_.add(object, name, value);
      return;
    }
    if (object.find(name) == nullptr) document_.add(object, name, Document::array());
    document_.append(*object.find(name), value);
  }

  Document& document_;
};

Document convert(const XmlElement& holder) {
  Document out;
  out.root = Converter(out).resource(holder.children.front());
  return out;
}

const XmlElement* find(const XmlElement& test, std::string_view name) {
  for (const XmlElement& child : test.children)
    if (child.name == name) return &child;
  return nullptr;
}

void normalize_narrative(Document& document) {
  Value* text = document.root.find("text");
  if (text != nullptr) document.set(*text, "div", document.string(normalized(text->string("div"))));
}

/// Empty when the case passes, else what went wrong.
std::string run(const XmlElement& test) {
  const bool must_fail = find(test, "error") != nullptr;
  const Document input = convert(*find(test, "input"));
  const auto parsed =
      FhirPathPatch::parse(convert(*find(test, "diff")), input.root.string("resourceType"));
  if (!parsed.has_value()) return must_fail ? "" : parsed.error().summary();
  auto patched = parsed->apply(input.root);
  if (!patched.has_value()) return must_fail ? "" : patched.error().summary();
  if (must_fail) return "an error was expected: " + find(test, "error")->attribute("msg");
  normalize_narrative(*patched);
  if (is_same_value(patched->root, convert(*find(test, "output")).root)) return {};
  return "yields " + json::to_text(patched->root);
}

TEST(FhirPathPatchSuite, R4) {
  const std::string xml = read_suite();
  if (xml.empty()) GTEST_SKIP() << "no test suite; KAP_SHARED names the folder that holds it";
  const XmlElement root = path::testing::XmlReader(xml).read();
  int passed = 0;
  int skipped = 0;
  int all = 0;
  for (const XmlElement& test : root.children) {
    ++all;
    const std::string name = test.attribute("name");
    if (kSkipped.contains(name)) {
      ++skipped;
      continue;
    }
    const std::string problem = run(test);
    EXPECT_EQ(problem, "") << name;
    if (problem.empty()) ++passed;
  }
  std::cout << "FHIRPath Patch suite: " << passed << " of " << all << " passed, " << skipped
            << " skipped\n";
  RecordProperty("passed", passed);
  RecordProperty("cases", all);
  EXPECT_EQ(all, 33);
}

}  // namespace
}  // namespace kap::fhir::patch
