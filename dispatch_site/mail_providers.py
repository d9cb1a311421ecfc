"""The providers of e-mail that django-anymail knows: the name of the class that reads their events,
and the setting that holds the key with which they sign these, where they sign."""

EMAIL_PROVIDERS: dict[str, tuple[str, str]] = {
    "brevo": ("Brevo", ""),
    "mailersend": ("MailerSend", "MAILERSEND_SIGNING_SECRET"),
    "mailgun": ("Mailgun", "MAILGUN_WEBHOOK_SIGNING_KEY"),
    "mailjet": ("Mailjet", ""),
    "mailtrap": ("Mailtrap", ""),
    "mandrill": ("Mandrill", "MANDRILL_WEBHOOK_KEY"),
    "postmark": ("Postmark", ""),
    "resend": ("Resend", "RESEND_SIGNING_SECRET"),
    "sendgrid": ("SendGrid", ""),
    "sparkpost": ("SparkPost", ""),
}
