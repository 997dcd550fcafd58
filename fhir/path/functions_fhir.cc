#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "fhir/path/function.h"
#include "fhir/path/model.h"

/// FHIR R4's own functions, http://hl7.org/fhir/R4/fhirpath.html#functions.
namespace kap::fhir::path {
namespace {

bool extension(Call& call, Collection& out) {
  std::optional<Text> url;
  if (!call.argument_string(0, url)) return false;
  if (!url) return true;
  for (const Item& item : call.input) {
    if (!item.is(ItemKind::kElement)) continue;
    const Element& element = item.as_element();
    Collection extensions;
    element.model->children(element, "extension", extensions);
    if (!call.evaluation.spend(call.node, extensions.size())) return false;
    for (Item& candidate : extensions) {
      Collection urls;
      candidate.as_element().model->children(candidate.as_element(), "url", urls);
      const Item value = urls.empty() ? Item{} : to_value(urls.front());
      if (value.is(ItemKind::kString) && value.as_string() == url->view())
        out.push_back(std::move(candidate));
    }
  }
  return true;
}

bool has_extension(Call& call, Collection& out) {
  Collection found;
  if (!extension(call, found)) return false;
  out.push_back(Item::boolean(!found.empty()));
  return true;
}

bool is_primitive(const Item& item) {
  if (!item.is(ItemKind::kElement)) return true;
  const TypeName type = type_of(item);
  return !type.name.empty() && std::islower(static_cast<unsigned char>(type.name.front())) != 0;
}

bool has_value(Call& call, Collection& out) {
  const bool holds = call.input.size() == 1 && is_primitive(call.input.front()) &&
                     !to_value(call.input.front()).is(ItemKind::kNone);
  out.push_back(Item::boolean(holds));
  return true;
}

bool get_value(Call& call, Collection& out) {
  if (call.input.size() != 1 || !is_primitive(call.input.front())) return true;
  Item value = to_value(call.input.front());
  if (!value.is(ItemKind::kNone)) out.push_back(std::move(value));
  return true;
}

bool resolve(Call& call, Collection& out) {
  for (const Item& item : call.input)
    if (auto target = call.evaluation.host().resolve(item)) out.emplace_back(*target);
  return true;
}

bool answer(Call& call, Result<std::optional<bool>> holds, std::string_view unknown,
            Collection& out) {
  if (!holds.has_value()) return call.evaluation.fail(std::move(holds).error());
  if (!holds->has_value()) return unknown.empty() || call.fail(std::string(unknown));
  out.push_back(Item::boolean(**holds));
  return true;
}

bool member_of(Call& call, Collection& out) {
  std::optional<Text> value_set;
  if (!call.argument_string(0, value_set)) return false;
  if (!value_set || call.input.empty()) return true;
  if (call.input.size() > 1) return call.fail("memberOf() takes a single item");
  return answer(call, call.evaluation.host().member_of(call.input.front(), value_set->view()), "",
                out);
}

bool subsumption(Call& call, bool forward, Collection& out) {
  Collection other;
  if (!call.argument(0, other)) return false;
  if (other.size() != 1 || call.input.size() != 1) return true;
  const Item& general = forward ? call.input.front() : other.front();
  const Item& special = forward ? other.front() : call.input.front();
  return answer(call, call.evaluation.host().subsumes(general, special), "", out);
}

bool subsumes(Call& call, Collection& out) { return subsumption(call, true, out); }
bool subsumed_by(Call& call, Collection& out) { return subsumption(call, false, out); }

bool conforms_to(Call& call, Collection& out) {
  static constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
  std::optional<Text> profile;
  if (!call.argument_string(0, profile)) return false;
  if (!profile || call.input.empty()) return true;
  if (call.input.size() > 1 || !call.input.front().is(ItemKind::kElement))
    return call.fail("conformsTo() takes a single element");
  const Element& element = call.input.front().as_element();
  auto holds = call.evaluation.host().conforms_to(element, profile->view());
  const std::string_view url = profile->view();
  if (holds.has_value() && !holds->has_value() && url.starts_with(kBase)) {
    const std::string_view type = url.substr(kBase.size());
    if (element.model->find_type(type) != nullptr)
      holds = element.model->is(element, {"FHIR", type}, Subtypes::kInclude);
  }
  return answer(call, std::move(holds), "conformsTo() is given a profile that is not known", out);
}

/// The subset of XHTML that FHIR allows, http://hl7.org/fhir/R4/narrative.html#xhtml: no active
/// content, no forms, no outside styles.
bool is_safe_xhtml(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || !text.substr(begin).starts_with("<div")) return false;
  static constexpr std::array<std::string_view, 14> kRefused{
      "script", "form",   "base",  "link", "xlink", "iframe", "object",
      "embed",  "applet", "style", "head", "body",  "html",   "meta"};
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos; ++at) {
    std::string_view name = text.substr(at + 1);
    if (name.starts_with('/')) name.remove_prefix(1);
    name = name.substr(0, std::min(name.find_first_of(" \t\r\n/>"), name.size()));
    if (std::ranges::find(kRefused, name) != kRefused.end()) return false;
    const std::string_view tag = text.substr(at, text.find('>', at) - at);
    for (std::size_t on = 0; (on = tag.find(" on", on)) != std::string_view::npos; ++on)
      if (tag.find('=', on) != std::string_view::npos) return false;
    if (tag.find("javascript:") != std::string_view::npos) return false;
  }
  return true;
}

bool html_checks(Call& call, Collection& out) {
  for (const Item& item : call.input) {
    const Item value = to_value(item);
    out.push_back(Item::boolean(value.is(ItemKind::kString) && is_safe_xhtml(value.as_string())));
  }
  return true;
}

constexpr std::array kFunctions{
    FunctionDef{"extension", 1, 1, extension},    FunctionDef{"hasExtension", 1, 1, has_extension},
    FunctionDef{"hasValue", 0, 0, has_value},     FunctionDef{"getValue", 0, 0, get_value},
    FunctionDef{"resolve", 0, 0, resolve},        FunctionDef{"memberOf", 1, 1, member_of},
    FunctionDef{"subsumes", 1, 1, subsumes},      FunctionDef{"subsumedBy", 1, 1, subsumed_by},
    FunctionDef{"conformsTo", 1, 1, conforms_to}, FunctionDef{"htmlChecks", 0, 0, html_checks},
};

}  // namespace

std::span<const FunctionDef> fhir_functions() { return kFunctions; }

}  // namespace kap::fhir::path
