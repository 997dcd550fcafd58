import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.api.SearchStyleEnum;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.AdditionalRequestHeadersInterceptor;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.gclient.ICriterion;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.exceptions.UnprocessableEntityException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.hl7.fhir.instance.model.api.IBaseBundle;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Enumerations;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** HAPI's generic client. Prints one line a step: outcome, step, note. */
public final class GenericClient {
  private interface Action {
    String run() throws Exception;
  }

  private static int failed = 0;
  private final IGenericClient client;
  private String id;
  private Patient patient;
  private Bundle firstPage;

  private GenericClient() {
    FhirContext context = FhirContext.forR4();
    context.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
    context.getRestfulClientFactory().setSocketTimeout(30_000);
    client = context.newRestfulGenericClient(System.getenv("KAP_FHIR_BASE"));
    client.registerInterceptor(new BearerTokenAuthInterceptor(System.getenv("KAP_TOKEN")));
  }

  private static void step(String name, Action action) {
    try {
      String note = action.run();
      System.out.println("pass\t" + name + "\t" + (note == null ? "" : note));
    } catch (Throwable e) {
      failed++;
      String text = (e.getClass().getSimpleName() + ": " + e.getMessage()).replaceAll("\\s+", " ");
      System.out.println(
          "fail\t" + name + "\t" + text.substring(0, Math.min(300, text.length())));
    }
  }

  private static void expect(boolean condition, String what) {
    if (!condition) throw new AssertionError("expected " + what);
  }

  private static String refused(Class<? extends Exception> kind, Action action) {
    try {
      action.run();
    } catch (Exception e) {
      expect(kind.isInstance(e), kind.getSimpleName() + ", got " + e);
      return null;
    }
    throw new AssertionError("expected " + kind.getSimpleName() + ", got an answer");
  }

  private static Patient syntheticPatient() {
    Patient patient = new Patient();
    patient
        .getMeta()
        .addTag()
        .setSystem("http://terminology.hl7.org/CodeSystem/v3-ActReason")
        .setCode("HTEST");
    patient.addIdentifier().setSystem("urn:kap:conformance").setValue(UUID.randomUUID().toString());
    patient.addName().setFamily("HapiClient").addGiven("Synthetic");
    patient.setGender(Enumerations.AdministrativeGender.UNKNOWN);
    return patient;
  }

  private Bundle search(String type, int count) {
    return client.search().forResource(type).count(count).returnBundle(Bundle.class).execute();
  }

  private void reads() {
    step(
        "capabilities",
        () -> {
          CapabilityStatement statement =
              client.capabilities().ofType(CapabilityStatement.class).execute();
          expect(statement.getFhirVersion().toCode().equals("4.0.1"), "FHIR 4.0.1");
          return null;
        });
    step(
        "search",
        () -> {
          firstPage = search("Patient", 5);
          id = firstPage.getEntryFirstRep().getResource().getIdElement().getIdPart();
          return null;
        });
    step(
        "search by POST",
        () -> {
          Bundle found =
              client
                  .search()
                  .forResource(Observation.class)
                  .where(Observation.PATIENT.hasId(id))
                  .usingStyle(SearchStyleEnum.POST)
                  .count(3)
                  .returnBundle(Bundle.class)
                  .execute();
          expect(found.hasEntry(), "observations");
          return null;
        });
    step(
        "search with criteria, include and sort",
        () -> {
          ICriterion<?> since = Observation.DATE.after().day("2000-01-01");
          Bundle found =
              client
                  .search()
                  .forResource(Observation.class)
                  .where(Observation.PATIENT.hasId(id))
                  .and(since)
                  .include(Observation.INCLUDE_PATIENT)
                  .sort()
                  .descending(Observation.DATE)
                  .count(5)
                  .returnBundle(Bundle.class)
                  .execute();
          expect(
              found.getEntry().stream().anyMatch(e -> e.getResource() instanceof Patient),
              "the patient included");
          return null;
        });
    step(
        "count",
        () -> {
          Bundle found =
              client
                  .search()
                  .forResource("Observation")
                  .summaryMode(SummaryEnum.COUNT)
                  .returnBundle(Bundle.class)
                  .execute();
          expect(found.getTotal() > 50, "many");
          return found.getTotal() + " Observations";
        });
    step(
        "paging",
        () -> {
          Bundle page = search("Observation", 50);
          Set<String> seen = new HashSet<>();
          int pages = 1;
          while (true) {
            for (Bundle.BundleEntryComponent entry : page.getEntry()) {
              expect(seen.add(entry.getResource().getIdElement().getIdPart()), "nothing twice");
            }
            if (page.getLink(IBaseBundle.LINK_NEXT) == null || pages == 10) break;
            page = client.loadPage().next(page).execute();
            pages++;
          }
          expect(pages > 1, "more than one page");
          return seen.size() + " resources on " + pages + " pages";
        });
    step(
        "read",
        () -> {
          Patient read = client.read().resource(Patient.class).withId(id).execute();
          expect(read.getIdElement().getIdPart().equals(id), "the patient");
          return null;
        });
    step(
        "vread",
        () -> {
          Patient read =
              client.read().resource(Patient.class).withIdAndVersion(id, "1").execute();
          expect(read.getMeta().getVersionId().equals("1"), "version 1");
          return null;
        });
    step(
        "conditional read",
        () -> {
          Patient known = client.read().resource(Patient.class).withId(id).execute();
          Patient read =
              client
                  .read()
                  .resource(Patient.class)
                  .withId(id)
                  .ifVersionMatches(known.getMeta().getVersionId())
                  .returnNull()
                  .execute();
          expect(read == null, "not modified");
          return null;
        });
    step(
        "absent resource",
        () ->
            refused(
                ResourceNotFoundException.class,
                () -> {
                  client.read().resource(Patient.class).withId("absent").execute();
                  return null;
                }));
  }

  private void writes() {
    step(
        "create",
        () -> {
          MethodOutcome outcome =
              client
                  .create()
                  .resource(syntheticPatient())
                  .prefer(PreferReturnEnum.REPRESENTATION)
                  .execute();
          patient = (Patient) outcome.getResource();
          expect(outcome.getCreated() && outcome.getId().getVersionIdPart().equals("1"), "1");
          return null;
        });
    step(
        "conditional create",
        () -> {
          Patient again = syntheticPatient();
          again.setIdentifier(patient.getIdentifier());
          MethodOutcome outcome =
              client
                  .create()
                  .resource(again)
                  .conditional()
                  .where(
                      Patient.IDENTIFIER
                          .exactly()
                          .systemAndIdentifier(
                              "urn:kap:conformance",
                              patient.getIdentifierFirstRep().getValue()))
                  .execute();
          expect(
              outcome.getId().getIdPart().equals(patient.getIdElement().getIdPart()),
              "the patient that is there");
          return null;
        });
    step(
        "update",
        () -> {
          patient.setGender(Enumerations.AdministrativeGender.OTHER);
          MethodOutcome outcome =
              client
                  .update()
                  .resource(patient)
                  .withId(patient.getIdElement()) // its version goes into If-Match
                  .prefer(PreferReturnEnum.REPRESENTATION)
                  .execute();
          patient = (Patient) outcome.getResource();
          expect(patient.getMeta().getVersionId().equals("2"), "version 2");
          return null;
        });
    step(
        "update with a version conflict",
        () ->
            refused(
                PreconditionFailedException.class,
                () -> {
                  client
                      .update()
                      .resource(patient)
                      .withId(patient.getIdElement().withVersion("1"))
                      .execute();
                  return null;
                }));
    step(
        "FHIRPath Patch",
        () -> {
          Parameters patch = new Parameters();
          Parameters.ParametersParameterComponent operation =
              patch.addParameter().setName("operation");
          operation.addPart().setName("type").setValue(new org.hl7.fhir.r4.model.CodeType("replace"));
          operation.addPart().setName("path").setValue(new StringType("Patient.gender"));
          operation.addPart().setName("value").setValue(new org.hl7.fhir.r4.model.CodeType("male"));
          MethodOutcome outcome =
              client
                  .patch()
                  .withFhirPatch(patch)
                  .withId(patient.getIdElement().toVersionless())
                  .prefer(PreferReturnEnum.REPRESENTATION)
                  .execute();
          patient = (Patient) outcome.getResource();
          expect(patient.getMeta().getVersionId().equals("3"), "version 3");
          return null;
        });
    step(
        "JSON Patch",
        () -> {
          MethodOutcome outcome =
              client
                  .patch()
                  .withBody("[{\"op\":\"replace\",\"path\":\"/gender\",\"value\":\"female\"}]")
                  .withId(patient.getIdElement().toVersionless())
                  .prefer(PreferReturnEnum.REPRESENTATION)
                  .execute();
          patient = (Patient) outcome.getResource();
          expect(patient.getMeta().getVersionId().equals("4"), "version 4");
          return null;
        });
    step(
        "validation refuses",
        () ->
            refused(
                UnprocessableEntityException.class,
                () -> {
                  Observation observation = new Observation();
                  observation.setCode(new CodeableConcept().setText("Synthetic"));
                  observation.setSubject(new Reference("Patient/" + id));
                  client.create().resource(observation).execute(); // no status
                  return null;
                }));
    step(
        "$validate",
        () -> {
          MethodOutcome outcome = client.validate().resource(syntheticPatient()).execute();
          expect(outcome.getOperationOutcome() instanceof OperationOutcome, "an OperationOutcome");
          return null;
        });
    step(
        "history of an instance",
        () -> {
          Bundle history =
              client
                  .history()
                  .onInstance(new IdType("Patient", patient.getIdElement().getIdPart()))
                  .returnBundle(Bundle.class)
                  .execute();
          expect(history.getEntry().size() == 4, "4 versions, got " + history.getEntry().size());
          return null;
        });
    step(
        "history of a type and of the system",
        () -> {
          expect(
              client.history().onType(Patient.class).returnBundle(Bundle.class).execute().hasEntry(),
              "versions of patients");
          expect(
              client.history().onServer().returnBundle(Bundle.class).execute().hasEntry(),
              "versions");
          return null;
        });
    step(
        "transaction",
        () -> {
          Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
          String place = "urn:uuid:" + UUID.randomUUID();
          bundle
              .addEntry()
              .setFullUrl(place)
              .setResource(syntheticPatient())
              .getRequest()
              .setMethod(Bundle.HTTPVerb.POST)
              .setUrl("Patient");
          Observation observation = new Observation();
          observation.setStatus(Observation.ObservationStatus.FINAL);
          observation.setCode(new CodeableConcept().setText("Synthetic"));
          observation.setSubject(new Reference(place));
          bundle
              .addEntry()
              .setResource(observation)
              .getRequest()
              .setMethod(Bundle.HTTPVerb.POST)
              .setUrl("Observation");
          Bundle answer = client.transaction().withBundle(bundle).execute();
          List<Bundle.BundleEntryComponent> entries = answer.getEntry();
          expect(
              entries.size() == 2
                  && entries.stream().allMatch(e -> e.getResponse().getStatus().startsWith("201")),
              "two created");
          String created = entries.get(1).getResponse().getLocation();
          Observation stored =
              client.read().resource(Observation.class).withUrl(created).execute();
          expect(stored.getSubject().getReference().startsWith("Patient/"), "the reference resolved");
          return null;
        });
    step(
        "$everything",
        () -> {
          Bundle all =
              client
                  .operation()
                  .onInstance(new IdType("Patient", id))
                  .named("$everything")
                  .withNoParameters(Parameters.class)
                  .useHttpGet()
                  .returnResourceType(Bundle.class)
                  .execute();
          expect(all.getEntry().size() > 1, "a Bundle");
          return null;
        });
    step(
        "$meta",
        () -> {
          expect(
              client
                  .meta()
                  .get(org.hl7.fhir.r4.model.Meta.class)
                  .fromResource(new IdType("Patient", patient.getIdElement().getIdPart()))
                  .execute()
                  .hasTag(),
              "the tag");
          return null;
        });
    step(
        "delete",
        () -> {
          client.delete().resourceById("Patient", patient.getIdElement().getIdPart()).execute();
          return refused(
              ResourceGoneException.class,
              () -> {
                client
                    .read()
                    .resource(Patient.class)
                    .withId(patient.getIdElement().getIdPart())
                    .execute();
                return null;
              });
        });
    step(
        "bulk export, kick-off",
        () -> {
          AdditionalRequestHeadersInterceptor headers = new AdditionalRequestHeadersInterceptor();
          headers.addHeaderValue("Prefer", "respond-async");
          client.registerInterceptor(headers);
          MethodOutcome outcome =
              client
                  .operation()
                  .onServer()
                  .named("$export")
                  .withParameter(Parameters.class, "_type", new StringType("Patient"))
                  .useHttpGet()
                  .returnMethodOutcome()
                  .execute();
          client.unregisterInterceptor(headers);
          List<String> place = outcome.getFirstResponseHeader("content-location").stream().toList();
          expect(outcome.getResponseStatusCode() == 202 && !place.isEmpty(), "202 and the place");
          return null;
        });
  }

  public static void main(String[] arguments) {
    GenericClient run = new GenericClient();
    run.reads();
    run.writes();
    System.exit(failed == 0 ? 0 : 1);
  }
}
