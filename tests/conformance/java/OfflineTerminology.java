import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ConceptValidationOptions;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import jakarta.annotation.Nonnull;
import java.util.HashSet;
import java.util.Set;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.ValueSet;

/**
 * The in-memory terminology, but a code is only said to be outside a value set when all value sets
 * that it imports are here. Several of US Core 6.1.0 import sets of the VSAC, which no package
 * carries; without this, every code of their bindings would be an error.
 */
final class OfflineTerminology extends InMemoryTerminologyServerValidationSupport {
  OfflineTerminology(FhirContext context) {
    super(context);
  }

  @Override
  public CodeValidationResult validateCodeInValueSet(
      ValidationSupportContext context,
      ConceptValidationOptions options,
      String system,
      String code,
      String display,
      @Nonnull IBaseResource valueSet) {
    return settle(
        super.validateCodeInValueSet(context, options, system, code, display, valueSet),
        context,
        valueSet);
  }

  @Override
  public CodeValidationResult validateCode(
      @Nonnull ValidationSupportContext context,
      @Nonnull ConceptValidationOptions options,
      String system,
      String code,
      String display,
      String valueSetUrl) {
    CodeValidationResult result =
        super.validateCode(context, options, system, code, display, valueSetUrl);
    IBaseResource valueSet =
        valueSetUrl == null ? null : context.getRootValidationSupport().fetchValueSet(valueSetUrl);
    return settle(result, context, valueSet);
  }

  private CodeValidationResult settle(
      CodeValidationResult result, ValidationSupportContext context, IBaseResource valueSet) {
    if (result == null || result.isOk() || !(valueSet instanceof ValueSet)) return result;
    String absent = absentImport(context, (ValueSet) valueSet, new HashSet<>());
    if (absent == null) return result;
    String message = "the value set imports " + absent + ", which is not here";
    return new CodeValidationResult()
        .setSeverity(IssueSeverity.WARNING)
        .setMessage(message)
        .addIssue(
            new CodeValidationIssue(
                message,
                IssueSeverity.WARNING,
                CodeValidationIssueCode.NOT_FOUND,
                CodeValidationIssueCoding.NOT_FOUND));
  }

  private String absentImport(ValidationSupportContext context, ValueSet set, Set<String> seen) {
    if (!seen.add(set.getUrl())) return null;
    for (ValueSet.ConceptSetComponent include : set.getCompose().getInclude()) {
      for (CanonicalType url : include.getValueSet()) {
        IBaseResource imported =
            context.getRootValidationSupport().fetchValueSet(url.getValueAsString());
        if (!(imported instanceof ValueSet)) return url.getValueAsString();
        String absent = absentImport(context, (ValueSet) imported, seen);
        if (absent != null) return absent;
      }
    }
    return null;
  }
}
