"""The audit log can only grow: triggers refuse every other statement, and writers hold the seal's lock shared."""

from django.db import migrations

from apps.audit.services import WRITERS

FORWARD = f"""
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION audit_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared({WRITERS});
    RETURN NULL;
END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditevent FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_writing BEFORE INSERT ON audit_auditevent FOR EACH STATEMENT EXECUTE FUNCTION audit_writer();
CREATE TRIGGER seal_no_change BEFORE UPDATE OR DELETE ON audit_auditseal FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON audit_auditseal FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
BACKWARD = """
DROP TRIGGER audit_no_change ON audit_auditevent;
DROP TRIGGER audit_no_truncate ON audit_auditevent;
DROP TRIGGER audit_writing ON audit_auditevent;
DROP TRIGGER seal_no_change ON audit_auditseal;
DROP TRIGGER seal_no_truncate ON audit_auditseal;
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_writer();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
